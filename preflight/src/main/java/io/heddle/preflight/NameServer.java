package io.heddle.preflight;

import java.net.InetSocketAddress;

/**
 * A server for DNS questions.
 *
 * @param name its name in messages
 * @param isTrusted whether it was configured; otherwise an untrusted record led to it
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
