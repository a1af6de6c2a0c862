package io.heddle.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.local.LocalTls;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A server of NATS that requires TLS. */
@Tag("system")
@Tag("slow")
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class NatsTlsTest {
  @TempDir private static Path folder;
  private static NatsServer server;

  @BeforeAll
  static void launch() throws Exception {
    server = NatsServer.launch("127.0.0.1", LocalTls.in(folder));
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  @Test
  void messagesTravelOverTls() throws Exception {
    try (Remote remote = Remote.open(server.address());
        Inlet<String> inlet = remote.inlet("jobs", Codec.text())) {
      remote.outlet("jobs", Codec.text()).send("job");
      try (Delivery<String> delivery = inlet.receive(Duration.ofMinutes(2))) {
        assertNotNull(delivery);
        assertEquals("job", delivery.value());
        delivery.ack();
      }
    }
  }

  @Test
  void whatIsWrongIsNamedWithTheNextStep() {
    String address = server.address();
    assertRefused(address.replace("me:secret", "me:wrong-secret"), "rejects the credentials");
    String untrusted = address.substring(0, address.indexOf('?'));
    assertRefused(untrusted, "?trust=FILE");
    assertRefused(untrusted.replace("tls:", "nats:"), "Begin the address with tls://");
    assertRefused(address.replace("tls:", "nats:"), "Begin the address with tls://");
    assertRefused(untrusted + "?trust=" + folder.resolve("none"), "Name a file in PEM");
    assertRefused(untrusted + "?trust=" + folder.resolve("key.pem"), "Name a file in PEM");
    assertRefused(address + "&credentials=" + folder.resolve("none"), "cannot read the file");
    assertRefused(address + "&password=secret", "a parameter of the address is unknown");
  }

  /** The certificate is for 127.0.0.1. */
  @Test
  void aServerWithTheCertificateOfAnotherIsRefused(@TempDir Path others) throws Exception {
    try (NatsServer other = NatsServer.launch("127.0.0.2", LocalTls.in(others))) {
      assertRefused(other.address(), "the server as its certificate does");
    }
  }

  private static void assertRefused(String address, String expected) {
    RemoteException refused = assertThrows(RemoteException.class, () -> Remote.open(address));
    assertTrue(refused.getMessage().contains(expected), refused::getMessage);
    assertTrue(refused.getMessage().contains("://127.0.0."), refused::getMessage);
    for (Throwable e = refused; e != null; e = e.getCause()) {
      assertFalse(e.toString().contains("secret"), e::toString);
    }
  }
}
