package io.heddle.preflight;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Addresses that no public server has: IANA's special-purpose registries for IPv4 and IPv6,
 * multicast, and all of IPv6 that is not global unicast. This includes all forms of IPv6 addresses
 * that stand for an IPv4 address (mapped, NAT64, 6to4, Teredo), whichever address it is.
 */
final class SpecialAddresses {
  private static final int IPV4 = 4;
  private static final byte[] MAPPED = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1};

  record Block(byte[] prefix, int bits, String name) {
    /**
     * Makes a block.
     *
     * @param block an address, or a network such as {@code 10.0.0.0/8}
     * @throws IllegalArgumentException if it is neither
     */
    static Block of(String block, String name) {
      int slash = block.indexOf('/');
      try {
        byte[] prefix =
            InetAddress.ofLiteral(slash < 0 ? block : block.substring(0, slash)).getAddress();
        int longest = prefix.length * Byte.SIZE;
        int bits = slash < 0 ? longest : Integer.parseInt(block.substring(slash + 1));
        if (bits >= 0 && bits <= longest) {
          return new Block(prefix, bits, name + " " + block);
        }
      } catch (IllegalArgumentException e) {
        // as if it were too long
      }
      throw new IllegalArgumentException(
          "'" + block + "' is not a network, such as 198.51.100.0/24 or 2001:db8::1");
    }

    boolean contains(byte[] address) {
      if (address.length != prefix.length) {
        return false;
      }
      for (int bit = 0; bit < bits; bit += Byte.SIZE) {
        int mask = bits - bit >= Byte.SIZE ? 0xff : 0xff << (Byte.SIZE - (bits - bit));
        if (((address[bit / Byte.SIZE] ^ prefix[bit / Byte.SIZE]) & mask) != 0) {
          return false;
        }
      }
      return true;
    }
  }

  private static final Block GLOBAL_UNICAST = Block.of("2000::/3", "global unicast");

  private static final List<Block> BLOCKS =
      List.of(
          Block.of("0.0.0.0/8", "this network"),
          Block.of("10.0.0.0/8", "private"),
          Block.of("100.64.0.0/10", "shared by carriers"),
          Block.of("127.0.0.0/8", "loopback"),
          // Public by its number, but answered by the host of each of Azure's virtual machines.
          Block.of("168.63.129.16/32", "Azure's platform"),
          Block.of("169.254.0.0/16", "link-local"),
          Block.of("172.16.0.0/12", "private"),
          Block.of("192.0.0.0/24", "protocol assignments"),
          Block.of("192.0.2.0/24", "documentation"),
          Block.of("192.31.196.0/24", "AS112"),
          Block.of("192.52.193.0/24", "AMT"),
          Block.of("192.88.99.0/24", "6to4 relay"),
          Block.of("192.168.0.0/16", "private"),
          Block.of("192.175.48.0/24", "AS112"),
          Block.of("198.18.0.0/15", "benchmarking"),
          Block.of("198.51.100.0/24", "documentation"),
          Block.of("203.0.113.0/24", "documentation"),
          Block.of("224.0.0.0/4", "multicast"),
          Block.of("240.0.0.0/4", "reserved"),
          Block.of("::1/128", "loopback"),
          Block.of("::/128", "unspecified"),
          Block.of("64:ff9b::/96", "NAT64"),
          Block.of("64:ff9b:1::/48", "NAT64"),
          Block.of("100::/64", "discard"),
          Block.of("100:0:0:1::/64", "dummy"),
          Block.of("2001::/23", "protocol assignments and Teredo"),
          Block.of("2001:db8::/32", "documentation"),
          Block.of("2002::/16", "6to4"),
          Block.of("2620:4f:8000::/48", "AS112"),
          Block.of("3fff::/20", "documentation"),
          Block.of("5f00::/16", "segment routing"),
          Block.of("fc00::/7", "unique local"),
          Block.of("fe80::/10", "link-local"),
          Block.of("fec0::/10", "site-local"),
          Block.of("ff00::/8", "multicast"));

  private SpecialAddresses() {}

  /**
   * The special purpose of an address in the form of a DNS record: 4 or 16 bytes. An {@link
   * InetAddress} does not suffice, because it converts a mapped address into an IPv4 address.
   *
   * @return null if it is an ordinary public address
   */
  static @Nullable String reason(byte[] address) {
    if (isMapped(address)) {
      return "IPv4-mapped ::ffff:0:0/96";
    }
    for (Block block : BLOCKS) {
      if (block.contains(address)) {
        return block.name();
      }
    }
    return address.length == IPV4 || GLOBAL_UNICAST.contains(address) ? null : "not global unicast";
  }

  static boolean isMapped(byte[] address) {
    if (address.length == IPV4) {
      return false;
    }
    for (int i = 0; i < MAPPED.length; i++) {
      if (address[i] != MAPPED[i]) {
        return false;
      }
    }
    return true;
  }

  static boolean isIpv4(InetAddress address) {
    return address instanceof Inet4Address;
  }
}
