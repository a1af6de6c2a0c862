package io.heddle.cli;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.orders.api.Policy;
import io.heddle.orders.api.Tokens;
import io.heddle.orders.service.Settings;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class OrdersServeCommandTest {
  private static boolean isExposed(String host, Settings.@Nullable Certificate certificate) {
    return OrdersApiOptions.isExposed(
        new Settings.Api(
            new InetSocketAddress(host, 8480),
            Tokens.admin("a token of an administrator"),
            Policy.open(),
            certificate,
            null));
  }

  @Test
  void onlyAnAddressThatOthersReachWithoutTlsIsExposed() {
    var certificate = new Settings.Certificate(Path.of("chain.pem"), Path.of("key.pem"));
    assertTrue(isExposed("0.0.0.0", null));
    assertTrue(isExposed("192.0.2.1", null));
    assertFalse(isExposed("127.0.0.1", null));
    assertFalse(isExposed("::1", null));
    assertFalse(isExposed("0.0.0.0", certificate));
  }
}
