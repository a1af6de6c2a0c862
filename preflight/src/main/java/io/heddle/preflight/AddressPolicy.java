package io.heddle.preflight;

import io.heddle.Go;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Which addresses checks may connect to. Names that strangers choose lead to them, so by default
 * only to public ones. Immutable.
 *
 * <p>The lists are heeded in this order: what is denied is refused, what is allowed is not, then
 * special addresses are refused, and those of this machine.
 */
public final class AddressPolicy {
  /** Public addresses, and nothing else. */
  public static final AddressPolicy PUBLIC =
      new AddressPolicy(List.of(), List.of(), false, AddressPolicy::none);

  /** How long the addresses of this machine are remembered. */
  private static final Duration FRESH = Duration.ofSeconds(30);

  private final List<SpecialAddresses.Block> denied;
  private final List<SpecialAddresses.Block> allowed;
  private final boolean isLoopbackAllowed;
  private final Supplier<List<byte[]>> own;

  private AddressPolicy(
      List<SpecialAddresses.Block> denied,
      List<SpecialAddresses.Block> allowed,
      boolean isLoopbackAllowed,
      Supplier<List<byte[]>> own) {
    this.denied = denied;
    this.allowed = allowed;
    this.isLoopbackAllowed = isLoopbackAllowed;
    this.own = own;
  }

  private static List<byte[]> none() {
    return List.of();
  }

  /**
   * Refuses networks, too.
   *
   * @param networks such as {@code 198.51.100.0/24} or {@code 2001:db8::1}
   * @throws IllegalArgumentException if one is no network; the message names it
   */
  public AddressPolicy denying(List<String> networks) {
    return new AddressPolicy(joined(denied, networks, "denied"), allowed, isLoopbackAllowed, own);
  }

  /**
   * Allows networks, although they are special or of this machine.
   *
   * @param networks such as {@code 10.0.0.0/8} or {@code 2001:db8::1}
   * @throws IllegalArgumentException if one is no network; the message names it
   */
  public AddressPolicy allowing(List<String> networks) {
    return new AddressPolicy(denied, joined(allowed, networks, "allowed"), isLoopbackAllowed, own);
  }

  /**
   * Refuses the addresses of this machine, which may have services that trust their neighbours. A
   * translated address of its network is not known here: deny it.
   */
  public AddressPolicy withoutThisMachine() {
    return without(new OwnAddresses());
  }

  AddressPolicy without(Supplier<List<byte[]>> addresses) {
    return new AddressPolicy(denied, allowed, isLoopbackAllowed, addresses);
  }

  /** For tests only: allows loopback addresses. */
  AddressPolicy withLoopback() {
    return new AddressPolicy(denied, allowed, true, own);
  }

  private static List<SpecialAddresses.Block> joined(
      List<SpecialAddresses.Block> blocks, List<String> networks, String name) {
    List<SpecialAddresses.Block> all = new ArrayList<>(blocks);
    for (String network : networks) {
      all.add(SpecialAddresses.Block.of(network, name));
    }
    return List.copyOf(all);
  }

  /**
   * Why an address is refused.
   *
   * @param address 4 or 16 bytes, as in a DNS record
   * @return what is wrong with it; null if it may be connected to
   */
  @Nullable String refusal(byte[] address) {
    for (SpecialAddresses.Block block : denied) {
      if (block.contains(address)) {
        return "denied here";
      }
    }
    if (allowed.stream().anyMatch(block -> block.contains(address))) {
      return null;
    }
    String reason = SpecialAddresses.reason(address);
    if (reason != null) {
      return isLoopbackAllowed && reason.startsWith("loopback") ? null : reason;
    }
    return own.get().stream().anyMatch(one -> Arrays.equals(one, address))
        ? "of the machine that checks"
        : null;
  }

  /** The addresses of this machine's network interfaces, which may change. */
  private static final class OwnAddresses implements Supplier<List<byte[]>> {
    private List<byte[]> known = List.of();
    private long seen = Go.nanoTime() - FRESH.toNanos();

    @Override
    public synchronized List<byte[]> get() {
      long now = Go.nanoTime();
      if (now - seen >= FRESH.toNanos()) {
        try {
          known =
              NetworkInterface.networkInterfaces()
                  .flatMap(NetworkInterface::inetAddresses)
                  .map(InetAddress::getAddress)
                  .toList();
        } catch (SocketException e) {
          // what was known before is better than nothing
        }
        seen = now;
      }
      return known;
    }
  }
}
