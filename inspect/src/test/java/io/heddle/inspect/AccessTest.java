package io.heddle.inspect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

final class AccessTest {
  private static final String TOKEN = "0123456789abcdef";

  private final Access access = new Access(TOKEN, 6060);

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1:6060", "localhost:6060", "[::1]:6060"})
  void thePageItselfMayAsk(String host) {
    assertNull(access.refusalOfSender(host, null, null));
    assertNull(access.refusalOfSender(host, "http://" + host, "same-origin"));
    assertNull(access.refusalOfSender(host, null, "none"));
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(
      strings = {
        "attacker.example:6060", // whose name leads to the loopback address by now
        "127.0.0.1",
        "127.0.0.1:6061",
        "localhost.attacker.example:6060",
        "127.0.0.1:6060.attacker.example",
        "0.0.0.0:6060",
        ""
      })
  void anotherHostIsRefused(String host) {
    assertNotNull(access.refusalOfSender(host, null, null));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://attacker.example",
        "https://127.0.0.1:6060",
        "http://127.0.0.1",
        "http://127.0.0.1:8080", // another program on this computer
        "null", // a page in a sandbox, or a file
        ""
      })
  void anotherOriginIsRefused(String origin) {
    assertNotNull(access.refusalOfSender("127.0.0.1:6060", origin, null));
  }

  @ParameterizedTest
  @ValueSource(strings = {"cross-site", "same-site"})
  void anotherSiteIsRefused(String site) {
    assertNotNull(access.refusalOfSender("127.0.0.1:6060", null, site));
  }

  @Test
  void theTokenIsNeeded() {
    assertTrue(access.hasToken("Bearer " + TOKEN, null));
    assertTrue(access.hasToken(null, TOKEN));
    assertFalse(access.hasToken(null, null));
    assertFalse(access.hasToken("Bearer ", null));
    assertFalse(access.hasToken("Bearer " + TOKEN + "0", null));
    assertFalse(access.hasToken("Bearer 0123456789abcdeX", TOKEN), "the header counts");
    assertFalse(access.hasToken("Basic " + TOKEN, null));
  }

  @Test
  void randomTokensAreLongAndDiffer() {
    assertEquals(32, Access.newToken().length());
    assertNotEquals(Access.newToken(), Access.newToken());
  }
}
