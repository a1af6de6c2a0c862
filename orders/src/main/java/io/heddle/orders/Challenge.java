package io.heddle.orders;

import io.heddle.preflight.PreflightChallenge;
import java.net.URI;
import java.util.Objects;

/**
 * One way to prove control of a domain.
 *
 * @param type {@code http-01}, {@code dns-01}, {@code tls-alpn-01} or another
 * @param location its address at the CA
 * @param token the CA's token, empty for types without one
 * @param keyAuthorization the text to present to the CA, empty for types without one
 */
public record Challenge(String type, URI location, String token, String keyAuthorization) {
  /** Checks that the components are present. */
  public Challenge {
    Objects.requireNonNull(type, "type");
    Objects.requireNonNull(location, "location");
    Objects.requireNonNull(token, "token");
    Objects.requireNonNull(keyAuthorization, "keyAuthorization");
  }

  /** The domain's web server must serve its file. */
  public static final String HTTP = PreflightChallenge.HTTP_01;

  /** The domain's zone must contain its TXT record. */
  public static final String DNS = PreflightChallenge.DNS_01;

  /** The domain's server must present its certificate to clients that speak {@code acme-tls/1}. */
  public static final String TLS_ALPN = PreflightChallenge.TLS_ALPN_01;

  /**
   * The value of the TXT record: the SHA-256 digest of the key authorization, in unpadded
   * base64url.
   */
  public String dnsValue() {
    return PreflightChallenge.recordValue(keyAuthorization);
  }

  /** The path of the file on the web server, for type {@code http-01}. */
  public String httpPath() {
    return "/.well-known/acme-challenge/" + token;
  }
}
