package io.heddle.purge.stores;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which proxy is chosen. */
final class ProxyAddressTest {
  private static final Map<String, String> BOTH =
      Map.of("HTTPS_PROXY", "http://secure:3128", "ALL_PROXY", "socks5://all");

  private static @Nullable ProxyAddress of(
      Map<String, String> environment, String protocol, String host) {
    return ProxyAddress.choose(null, environment, protocol, host);
  }

  @Test
  void theVariableOfTheProtocolGoesFirst() {
    assertEquals(new ProxyAddress(false, "secure", 3128, null), of(BOTH, "https", "h"));
    assertEquals(new ProxyAddress(true, "all", 1080, null), of(BOTH, "http", "h"));
    assertEquals(new ProxyAddress(true, "all", 1080, null), of(BOTH, "redis", "h"));
    assertNull(of(Map.of(), "https", "h"));
    assertNull(of(Map.of("HTTPS_PROXY", "p"), "redis", "h"));
  }

  @Test
  void theOptionGoesBeforeTheVariables() {
    assertEquals(
        new ProxyAddress(false, "p", 80, "u:s"),
        ProxyAddress.choose("http://u:s@p", BOTH, "https", "localhost"));
    assertNull(ProxyAddress.choose("none", BOTH, "https", "h"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"localhost", "127.0.0.1", "::1", "db.example", "a.db.example", "10.1.2.3"})
  void someHostsAreReachedDirectly(String host) {
    Map<String, String> environment =
        Map.of("ALL_PROXY", "p", "no_proxy", "other, .db.example,10.1.2.3:6379");
    assertNull(of(environment, "redis", host));
    assertEquals(new ProxyAddress(false, "p", 80, null), of(environment, "redis", "xdb.example"));
    assertNull(of(Map.of("ALL_PROXY", "p", "NO_PROXY", "*"), "redis", "h"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"ftp://u:secret@p", "http://", "a b", "socks5://u:secret@p"})
  void whatIsNoProxyIsNamedWithoutItsPassword(String address) {
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> ProxyAddress.choose(address, Map.of(), "redis", "h"))
            .getMessage();
    assertTrue(message.startsWith("--proxy") && !message.contains("secret"), message);
  }
}
