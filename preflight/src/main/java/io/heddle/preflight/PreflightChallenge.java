package io.heddle.preflight;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.regex.Pattern;

/**
 * A challenge of an ACME authorization (RFC 8555, section 8): what the CA would look up, and where.
 *
 * @param domain the name that the certificate is for, in lower case and ASCII; a wildcard begins
 *     with {@code *.}
 * @param type {@code http-01}, {@code dns-01}, {@code tls-alpn-01} or another
 * @param keyAuthorization the token, a dot and the thumbprint of the account's key
 */
public record PreflightChallenge(
    String domain, String type, String token, String keyAuthorization) {
  /** The type of the challenge that is answered by a file on a web server. */
  public static final String HTTP_01 = "http-01";

  /** The type of the challenge that is answered by a TXT record. */
  public static final String DNS_01 = "dns-01";

  /** The type of the challenge that is answered by a certificate in a TLS handshake. */
  public static final String TLS_ALPN_01 = "tls-alpn-01";

  /** Base64url without padding: no character with a meaning in a URL or a header. */
  private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9_-]{1,512}");

  private static final Pattern KEY_AUTHORIZATION =
      Pattern.compile("[A-Za-z0-9_-]{1,512}\\.[A-Za-z0-9_-]{1,512}");

  /**
   * Checks the form of all components.
   *
   * @throws IllegalArgumentException if the domain is malformed, or the token or the key
   *     authorization contain a character that a CA never uses
   */
  public PreflightChallenge {
    domain = DomainName.checked(domain);
    if (type.isEmpty()) {
      throw new IllegalArgumentException("the type of a challenge is empty");
    }
    if (!TOKEN.matcher(token).matches()) {
      throw new IllegalArgumentException(
          "'" + token + "' is not a token: it may contain only letters, digits, - and _");
    }
    if (!KEY_AUTHORIZATION.matcher(keyAuthorization).matches()) {
      throw new IllegalArgumentException(
          "'" + keyAuthorization + "' is not a key authorization: TOKEN.THUMBPRINT");
    }
  }

  /** Whether the domain begins with {@code *.}. */
  public boolean isWildcard() {
    return domain.startsWith("*.");
  }

  /** The domain without the star of a wildcard. */
  public String host() {
    return isWildcard() ? domain.substring(2) : domain;
  }

  /** The SHA-256 of the key authorization, 32 bytes, which is in the certificate of tls-alpn-01. */
  public byte[] digest() {
    return digest(keyAuthorization);
  }

  private static byte[] digest(String keyAuthorization) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(keyAuthorization.getBytes(US_ASCII));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JDK has SHA-256
    }
  }

  /** The value that the TXT record of dns-01 must have. */
  public String recordValue() {
    return recordValue(keyAuthorization);
  }

  /**
   * The value that the TXT record of dns-01 must have for a key authorization.
   *
   * @param keyAuthorization the token, a dot and the thumbprint of the account's key
   * @return its SHA-256 digest in base64url, without padding
   */
  public static String recordValue(String keyAuthorization) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(digest(keyAuthorization));
  }
}
