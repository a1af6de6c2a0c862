package io.heddle.preflight;

import java.net.InetSocketAddress;

/**
 * A server to ask DNS questions.
 *
 * @param name what to call it
 * @param isTrusted whether it was configured; else a stranger's record led to it
 */
record NameServer(String name, InetSocketAddress address, boolean isTrusted) {
  static NameServer resolver(InetSocketAddress address) {
    return new NameServer("", address, true);
  }

  @Override
  public String toString() {
    String where = address.getAddress().getHostAddress();
    String port = address.getPort() == 53 ? "" : " port " + address.getPort();
    return name.isEmpty() ? where + port : name + " (" + where + port + ")";
  }
}
