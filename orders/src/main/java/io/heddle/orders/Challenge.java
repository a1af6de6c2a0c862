package io.heddle.orders;

import io.heddle.preflight.PreflightChallenge;
import java.net.URI;
import java.util.Objects;

/**
 * One way to prove that one controls a domain.
 *
 * @param type {@code http-01}, {@code dns-01}, {@code tls-alpn-01} or another
 * @param location where the CA has it
 * @param token what the CA chose, empty for types without
 * @param keyAuthorization what has to be shown to the CA, empty for types without
 */
public record Challenge(String type, URI location, String token, String keyAuthorization) {
  /** Checks that all is there. */
  public Challenge {
    Objects.requireNonNull(type, "type");
    Objects.requireNonNull(location, "location");
    Objects.requireNonNull(token, "token");
    Objects.requireNonNull(keyAuthorization, "keyAuthorization");
  }

  /** Its file has to be on the domain's web server. */
  public static final String HTTP = PreflightChallenge.HTTP_01;

  /** Its TXT record has to be in the domain's zone. */
  public static final String DNS = PreflightChallenge.DNS_01;

  /** Its certificate has to be shown to those who speak {@code acme-tls/1}. */
  public static final String TLS_ALPN = PreflightChallenge.TLS_ALPN_01;

  /**
   * What the TXT record has to be: the SHA-256 digest of the key authorization, in unpadded
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
