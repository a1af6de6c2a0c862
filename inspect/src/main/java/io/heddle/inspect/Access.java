package io.heddle.inspect;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who may use the page. A browser sends requests on behalf of any page that it shows, so to listen
 * on the loopback address is not enough:
 *
 * <ul>
 *   <li>A page of another origin can send requests here, and read nothing. Its requests lack the
 *       token, and name its origin.
 *   <li>A page whose host name is rebound to the loopback address has the same origin as what it
 *       requests. Its requests name its host.
 *   <li>Another user of this computer can connect. The token is secret.
 * </ul>
 */
final class Access {
  private static final int TOKEN_BYTES = 16;

  /** A shorter token could be guessed. */
  static final int LEAST_TOKEN = 16;

  private final byte[] token;
  private final Set<String> hosts;
  private final Set<String> origins;

  Access(String token, int port) {
    this.token = token.getBytes(UTF_8);
    this.hosts = Set.of("127.0.0.1:" + port, "localhost:" + port, "[::1]:" + port);
    this.origins =
        Set.of("http://127.0.0.1:" + port, "http://localhost:" + port, "http://[::1]:" + port);
  }

  static String newToken() {
    byte[] random = new byte[TOKEN_BYTES];
    new SecureRandom().nextBytes(random);
    return HexFormat.of().formatHex(random);
  }

  /**
   * Why a request is refused.
   *
   * @param host its header Host
   * @param origin its header Origin
   * @param site its header Sec-Fetch-Site
   * @return null if it is not
   */
  @Nullable String refusalOfSender(
      @Nullable String host, @Nullable String origin, @Nullable String site) {
    if (host == null || !hosts.contains(host)) {
      return "the request is for another host: use the address that the program has printed";
    }
    if (origin != null && !origins.contains(origin)) {
      return "the request comes from another origin";
    }
    if (site != null && !site.equals("same-origin") && !site.equals("none")) {
      return "the request comes from another site";
    }
    return null;
  }

  /**
   * Whether a request has the token, in time that does not depend on how much of it is right.
   *
   * @param authorization its header Authorization
   * @param parameter the parameter of its address
   */
  boolean hasToken(@Nullable String authorization, @Nullable String parameter) {
    String bearer = "Bearer ";
    String given =
        authorization != null && authorization.startsWith(bearer)
            ? authorization.substring(bearer.length())
            : parameter;
    return given != null && MessageDigest.isEqual(given.getBytes(UTF_8), token);
  }
}
