package io.heddle.orders.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
final class DomainGateTest {
  private final Set<String> asked = Collections.synchronizedSet(new TreeSet<>());
  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          String query = exchange.getRequestURI().getQuery();
          asked.add(query);
          int status = query.contains("bad.") ? 403 : query.contains("broken.") ? 500 : 200;
          exchange.sendResponseHeaders(status, -1);
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private URI address(String path) {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + path);
  }

  @Test
  void aServerOfTheOperatorsDecides() throws Exception {
    try (DomainGate gate = new DomainGate(address("/ask?key=1"))) {
      assertEquals(
          List.of("bad.test", "*.bad.test"),
          gate.forbidden("anna & co", List.of("good.test", "bad.test", "*.bad.test")));
      assertTrue(asked.contains("key=1&domain=*.bad.test&customer=anna+&+co"), asked::toString);
      assertEquals(3, asked.size());
    }
  }

  @Test
  void aServerThatCannotAnswerPermitsNothing() throws Exception {
    try (DomainGate gate = new DomainGate(address("/"))) {
      IOException failure =
          assertThrows(IOException.class, () -> gate.forbidden("anna", List.of("broken.test")));
      assertTrue(failure.getMessage().contains("HTTP 500"), failure::getMessage);
      server.stop(0);
      assertThrows(IOException.class, () -> gate.forbidden("anna", List.of("good.test")));
    }
  }
}
