package io.heddle.orders.api;

import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * Who sends a request by way of a proxy on this machine. A proxy appends the address of its client
 * to {@code X-Forwarded-For}. What is before it may have been sent by that client, and is not
 * believed. Nor is the header of a client on another machine.
 */
final class LocalProxy {
  private LocalProxy() {}

  /** The address of a request's client. */
  static InetAddress clientOf(ApiRequest request) {
    return clientOf(request.client(), request.header("x-forwarded-for"));
  }

  /**
   * The address of a client.
   *
   * @param sender the other end of the connection
   * @param forwarded the header, with all its values; null without that header
   * @return the address that the proxy has seen. Several proxies on this machine count as one. The
   *     sender's address if it is no proxy, or has not named an address
   */
  static InetAddress clientOf(InetAddress sender, @Nullable String forwarded) {
    if (forwarded == null || !sender.isLoopbackAddress()) {
      return sender;
    }
    String[] path = forwarded.split(",", -1);
    for (int i = path.length - 1; i >= 0; i--) {
      InetAddress address = address(path[i].strip());
      if (address == null) {
        return sender;
      }
      if (!address.isLoopbackAddress()) {
        return address;
      }
    }
    return sender;
  }

  /** Reads an address, which may have a port; returns null if the text is no address. */
  private static @Nullable InetAddress address(String text) {
    String host = text;
    if (text.startsWith("[")) {
      host = text.substring(1, Math.max(1, text.indexOf(']')));
    } else if (text.indexOf(':') == text.lastIndexOf(':')) { // an IPv6 address has more
      host = text.replaceFirst(":\\d*$", "");
    }
    try {
      return InetAddress.ofLiteral(host);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
