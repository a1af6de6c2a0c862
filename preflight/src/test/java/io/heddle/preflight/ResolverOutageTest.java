package io.heddle.preflight;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Type;

/** Whether a check came to nothing because no name can be looked up. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
final class ResolverOutageTest {
  private static Resolver resolver(InetSocketAddress... servers) {
    Network network = Network.withLoopbackForTests(Network.Ports.STANDARD, 8);
    return new Resolver(network, List.of(servers), Duration.ofSeconds(1));
  }

  private static InetSocketAddress nobody() throws Exception {
    try (FakeDns dns = new FakeDns()) {
      return new InetSocketAddress(InetAddress.getLoopbackAddress(), dns.address().getPort());
    }
  }

  @Test
  void resolversThatDoNotAnswerAreAnOutage() throws Exception {
    Resolver resolver = resolver(nobody());
    String outage = resolver.outage(new Trace());
    assertEquals("no resolver answers NS .", outage);
    NotReadyException silent =
        assertThrows(
            NotReadyException.class,
            () -> resolver.ask(Resolver.name("one.test"), Type.A, new Trace()));
    String detail = silent.outcome().detail();
    assertTrue(detail.startsWith("no resolver answers A one.test ("), detail);
    assertFalse(detail.contains("null"), detail);
  }

  @Test
  void aResolverThatIsCutOffIsAnOutage() throws Exception {
    try (FakeDns dns = new FakeDns()) {
      dns.fault(
          "",
          Type.NS,
          (_, answer, _) -> {
            answer.getHeader().setRcode(Rcode.SERVFAIL);
            return answer.toWire();
          });
      assertEquals(
          "no resolver can look up the root zone (SERVFAIL)",
          resolver(dns.address()).outage(new Trace()));
      assertEquals(
          "no resolver can look up the root zone (SERVFAIL)",
          resolver(nobody(), dns.address()).outage(new Trace()));
    }
  }

  @Test
  void aResolverThatAnswersAnythingElseIsNone() throws Exception {
    for (int code : new int[] {Rcode.NOERROR, Rcode.NOTIMP, Rcode.REFUSED, Rcode.NXDOMAIN}) {
      try (FakeDns dns = new FakeDns()) {
        dns.fault(
            "",
            Type.NS,
            (_, answer, _) -> {
              answer.getHeader().setRcode(code);
              return answer.toWire();
            });
        assertNull(resolver(nobody(), dns.address()).outage(new Trace()), Rcode.string(code));
      }
    }
  }
}
