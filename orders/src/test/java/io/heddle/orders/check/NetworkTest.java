package io.heddle.orders.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.testing.Bubble;
import io.heddle.testing.Bubbled;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who waits for whom when there are no places. */
@Bubbled
final class NetworkTest {
  private static final int ALL = 3;

  private final Network network = Network.open(2).limitedTo(ALL);
  private final Deque<KeyedSemaphore.Permit> permits = new ArrayDeque<>();
  private final List<Goroutine> waiting = new ArrayList<>();

  /** Asks for a place, and says whether there was one at once. */
  private boolean isFree(String address, boolean isTrusted) throws Exception {
    Goroutine asking =
        Go.go(() -> {
          var permit = network.place(InetAddress.ofLiteral(address), isTrusted, new Trace().time());
          synchronized (permits) {
            permits.add(permit);
          }
        });
    Bubble.settle();
    if (asking.isDone()) {
      return true;
    }
    waiting.add(asking);
    return false;
  }

  private void close() throws Exception {
    while (!permits.isEmpty()) {
      permits.pop().close();
      Bubble.settle();
    }
    waiting.forEach(one -> assertTrue(one.isDone()));
    assertEquals(0, network.addressesInUse());
  }

  @Test
  void anIpv6NetworkHasThePlacesOfOneAddress() throws Exception {
    assertTrue(isFree("2606:4700::1", false));
    assertTrue(isFree("2606:4700::2", false));
    assertFalse(isFree("2606:4700::ffff:ffff:ffff:ffff", false));
    assertEquals(1, network.addressesInUse());
    assertTrue(isFree("2606:4700:0:1::1", false), "another network");
    close();
  }

  @Test
  void anIpv4AddressHasPlacesOfItsOwn() throws Exception {
    assertTrue(isFree("1.1.1.1", false));
    assertTrue(isFree("1.1.1.1", false));
    assertFalse(isFree("1.1.1.1", false));
    assertTrue(isFree("1.1.1.2", false));
    close();
  }

  @Test
  void strangersTakeNoPlacesFromTheResolversNorTheyFromStrangers() throws Exception {
    for (int i = 0; i < ALL; i++) {
      assertTrue(isFree("1.1.1." + i, false));
    }
    assertFalse(isFree("1.1.1.9", false), "all have their places");
    for (int i = 0; i < ALL; i++) {
      assertTrue(isFree("10.0.0.1", true), "a resolver may have more than others");
    }
    assertFalse(isFree("10.0.0.1", true), "but not without end");
    close();
    for (int i = 0; i < ALL; i++) {
      assertTrue(isFree("10.0.0.1", true));
    }
    assertTrue(isFree("1.1.1.9", false));
    close();
  }

  @ParameterizedTest
  @CsvSource({
    "1.2.3.4,1.2.3.4",
    "2606:4700:1:2:3:4:5:6,2606:4700:1:2::",
    "2606:4700:1:2::,2606:4700:1:2::",
    "::1,::",
    "fe80::1,fe80::"
  })
  void whoHasAnAddressIsToldByItsNetwork(String address, String owner) {
    assertEquals(InetAddress.ofLiteral(owner), Network.owner(InetAddress.ofLiteral(address)));
  }

  @Test
  void aMappedAddressIsTheIpv4Address() throws Exception {
    byte[] mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, 1, 2, 3, 4};
    InetAddress address = Inet6Address.getByAddress(null, mapped, 0);
    assertEquals(16, address.getAddress().length);
    assertEquals(InetAddress.ofLiteral("1.2.3.4"), Network.owner(address));
  }
}
