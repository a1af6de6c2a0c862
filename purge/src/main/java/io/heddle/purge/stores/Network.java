package io.heddle.purge.stores;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How clients reach their servers.
 *
 * @param timeout how long to wait for an answer
 * @param tls the certificates for encrypted connections
 * @param proxy the value of {@code --proxy}: the address of a proxy, {@code none}, or null to
 *     follow the environment
 * @param environment the variables that may name a proxy
 */
record Network(Duration timeout, Tls tls, @Nullable String proxy, Map<String, String> environment) {
  /** Rejects what is not the address of a proxy, because some stores connect only later. */
  Network {
    var _ = ProxyAddress.choose(proxy, environment, "", "store.invalid");
  }

  /** A network with the JDK's authorities, and the proxies of the JVM's system properties. */
  static Network usual(Duration timeout) {
    return new Network(timeout, Tls.SYSTEM, null, Map.of());
  }

  /** The proxy for a server, null for a direct connection. */
  @Nullable ProxyAddress proxyFor(String protocol, String host) {
    return ProxyAddress.choose(proxy, environment, protocol, host);
  }

  @FunctionalInterface
  private interface Step {
    void connect(Socket socket) throws IOException;
  }

  /**
   * Connects to a server: through a proxy, or to the first of its addresses that accepts.
   *
   * @param protocol {@code http}, {@code https}, or another one
   * @param millis how long to wait
   */
  Socket connect(String protocol, String host, int port, int millis) throws IOException {
    ProxyAddress through = proxyFor(protocol, host);
    if (through != null) {
      return connect(through.socket(), socket -> through.connect(socket, host, port, millis));
    }
    InetAddress[] addresses = InetAddress.getAllByName(host);
    IOException failure = null;
    for (InetAddress address : addresses) {
      try {
        return connect(
            new Socket(),
            socket -> {
              int some = Math.max(1, millis / addresses.length);
              socket.connect(new InetSocketAddress(address, port), some);
              refuseItself(socket);
            });
      } catch (IOException e) {
        failure = failure == null ? e : failure;
        if (Thread.currentThread().isInterrupted()) {
          throw failure;
        }
      }
    }
    throw failure == null ? new UnknownHostException(host) : failure;
  }

  private static Socket connect(Socket socket, Step step) throws IOException {
    boolean isConnected = false;
    try {
      step.connect(socket);
      isConnected = true;
      return socket;
    } finally {
      if (!isConnected) {
        socket.close();
      }
    }
  }

  /**
   * Refuses a connection to itself, as TCP's simultaneous open allows. Where no server listens, the
   * system may choose the server's port for the client's end. The client would then read its own
   * request, and keep the server from using the port.
   */
  static void refuseItself(Socket socket) throws ConnectException {
    if (socket.getLocalSocketAddress().equals(socket.getRemoteSocketAddress())) {
      throw new ConnectException("Connection refused");
    }
  }

  int timeoutMillis() {
    return Math.toIntExact(timeout.toMillis());
  }
}
