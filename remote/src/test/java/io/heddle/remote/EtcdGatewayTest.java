package io.heddle.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.gson.JsonObject;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is known of a call after its members have failed one after the other. */
@Tag("system")
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class EtcdGatewayTest {
  private static final String AWAY = "127.0.0.1:1";

  private static RemoteException failure(String members) throws Exception {
    try (EtcdGateway etcd = EtcdGateway.of("etcd://" + members, "etcd://cluster")) {
      return assertThrows(
          RemoteException.class, () -> etcd.call("put", "kv/put", new JsonObject()));
    }
  }

  @Test
  void aCallThatReachedNoMemberHadNoEffect() throws Exception {
    assertNull(failure(AWAY + "," + AWAY).getCause());
  }

  @Test
  void aCallThatAMemberCouldNotCompleteMayHaveHadAnEffect() throws Exception {
    HttpServer member =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    member.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(503, -1);
          exchange.close();
        });
    member.start();
    try {
      String failing = "127.0.0.1:" + member.getAddress().getPort();
      IOException known =
          assertInstanceOf(IOException.class, failure(failing + "," + AWAY).getCause());
      assertEquals("HTTP status 503", known.getMessage());
      assertInstanceOf(IOException.class, failure(AWAY + "," + failing + "," + AWAY).getCause());
    } finally {
      member.stop(0);
    }
  }
}
