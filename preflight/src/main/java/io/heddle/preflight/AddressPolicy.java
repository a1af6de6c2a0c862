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
 * The addresses that checks may connect to. Strangers choose the names that lead to these
 * addresses, so only public addresses are permitted by default. Immutable.
 *
 * <p>The rules are applied in this order: denied networks are refused, allowed networks are
 * permitted, special-purpose addresses are refused, and finally this machine's own addresses.
 */
public final class AddressPolicy {
  /** Permits public addresses only. */
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
   * A policy that also refuses some networks.
   *
   * @param networks such as {@code 198.51.100.0/24} or {@code 2001:db8::1}
   * @throws IllegalArgumentException if one is not a network; the message names it
   */
  public AddressPolicy denying(List<String> networks) {
    return new AddressPolicy(joined(denied, networks, "denied"), allowed, isLoopbackAllowed, own);
  }

  /**
   * A policy that permits some networks although they are special or belong to this machine.
   *
   * @param networks such as {@code 10.0.0.0/8} or {@code 2001:db8::1}
   * @throws IllegalArgumentException if one is not a network; the message names it
   */
  public AddressPolicy allowing(List<String> networks) {
    return new AddressPolicy(denied, joined(allowed, networks, "allowed"), isLoopbackAllowed, own);
  }

  /**
   * A policy that also refuses the addresses of this machine's interfaces: services on this machine
   * may trust local clients. An address that the network translates is not known here; deny it.
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
   * The reason why an address is refused.
   *
   * @param address 4 or 16 bytes, as in a DNS record
   * @return the reason, null if the address is permitted
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
          // the earlier addresses stay in use
        }
        seen = now;
      }
      return known;
    }
  }
}
