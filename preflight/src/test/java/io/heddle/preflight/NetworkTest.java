package io.heddle.preflight;

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
  private static final int ALL = 20;

  private final Network network = Network.open(2).limitedTo(ALL);
  private final Deque<KeyedSemaphore.Permit> permits = new ArrayDeque<>();
  private final List<Goroutine<?>> waiting = new ArrayList<>();

  /** Asks for a place, and says whether there was one at once. */
  private boolean isFree(String address, boolean isTrusted) throws Exception {
    Goroutine<?> asking =
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
    assertEquals(0, network.keysInUse());
  }

  @Test
  void anIpv6AddressHasPlacesOfItsOwnAndItsNetworkThoseOfFour() throws Exception {
    for (String address : List.of("2606:4700::1", "2606:4700::2", "2606:4700::3")) {
      assertTrue(isFree(address, false));
      assertTrue(isFree(address, false));
      assertFalse(isFree(address, false), "there are two for each");
    }
    assertTrue(isFree("2606:4700::4", false));
    assertTrue(
        isFree("2606:4700::5", false), "who waits for an address has no place in the network");
    assertFalse(isFree("2606:4700::ffff:ffff:ffff:ffff", false), "eight have theirs");
    assertTrue(isFree("2606:4700:0:1::1", false), "another network");
    close();
  }

  @Test
  void whoWaitsForAPlaceInANetworkHasNoneOfAll() throws Exception {
    for (int i = 0; i < 8; i++) {
      assertTrue(isFree("2606:4700::" + i, false));
    }
    for (int i = 8; i < ALL; i++) {
      assertFalse(isFree("2606:4700::" + i, false));
    }
    for (int i = 8; i < ALL; i++) {
      assertTrue(isFree("1.1.1." + i, false));
    }
    assertFalse(isFree("1.1.2.1", false), "all have their places");
    close();
  }

  @Test
  void whoIsInterruptedWhileItWaitsHasNothing() throws Exception {
    Network narrow = Network.open(2).limitedTo(1);
    InetAddress address = InetAddress.ofLiteral("2606:4700::1");
    KeyedSemaphore.Permit only = narrow.place(address, false, new Trace().time());
    Goroutine<?> asking = Go.go(() -> narrow.place(address, false, new Trace().time()).close());
    Bubble.settle();
    asking.cancel();
    asking.join();
    only.close();
    assertEquals(0, narrow.keysInUse());
    narrow.place(address, false, new Trace().time()).close();
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
    "1.2.3.4,1.2.3.4,8",
    "1.2.3.4,1.2.3.4,16",
    "2606:4700:1:2:3:4:5:6,2606:4700:1:2::,8",
    "2606:4700:1:2:3:4:5:6,2606:4700:1:2:3:4:5:6,16",
    "2606:4700:1:2::,2606:4700:1:2::,8",
    "::1,::,8",
    "fe80::1,fe80::,8"
  })
  void aNetworkIsTheBeginningOfAnIpv6AddressAndAllOfAnIpv4Address(
      String address, String network, int length) {
    assertEquals(
        InetAddress.ofLiteral(network), Network.prefix(InetAddress.ofLiteral(address), length));
  }

  @Test
  void aMappedAddressIsTheIpv4Address() throws Exception {
    byte[] mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, 1, 2, 3, 4};
    InetAddress address = Inet6Address.getByAddress(null, mapped, 0);
    assertEquals(16, address.getAddress().length);
    assertEquals(InetAddress.ofLiteral("1.2.3.4"), Network.prefix(address, 16));
  }
}
