package io.heddle.purge.stores;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisSocketFactory;
import redis.clients.jedis.exceptions.JedisConnectionException;

/**
 * Opens connections to one server: to the first of its addresses that accepts, or through a proxy,
 * and with TLS if the server wants it.
 *
 * @param millis how long to wait for the connection and later for each answer
 */
record RedisSockets(HostAndPort server, boolean isSecure, Network network, int millis)
    implements JedisSocketFactory {
  @Override
  public Socket createSocket() throws JedisConnectionException {
    try {
      return open();
    } catch (UnknownHostException e) {
      throw new JedisConnectionException(
          "unknown host", new UnknownHostException(server.getHost()));
    } catch (IOException e) {
      throw new JedisConnectionException("no connection to " + server, e);
    }
  }

  private Socket open() throws IOException {
    Socket socket = connected();
    boolean isOpen = false;
    try {
      socket.setTcpNoDelay(true);
      socket.setKeepAlive(true);
      socket.setSoTimeout(millis);
      Socket secured = isSecure ? network.tls().over(socket, server.getHost()) : socket;
      isOpen = true;
      return secured;
    } finally {
      if (!isOpen) {
        socket.close();
      }
    }
  }

  private Socket connected() throws IOException {
    ProxyAddress proxy = network.proxyFor("redis", server.getHost());
    if (proxy != null) {
      return through(proxy);
    }
    InetAddress[] addresses = InetAddress.getAllByName(server.getHost());
    IOException failure = null;
    for (InetAddress address : addresses) {
      Socket socket = new Socket();
      try {
        socket.connect(
            new InetSocketAddress(address, server.getPort()),
            Math.max(1, millis / addresses.length));
        HttpWire.refuseItself(socket);
        return socket;
      } catch (IOException e) {
        socket.close();
        failure = firstOf(failure, e);
        if (Thread.currentThread().isInterrupted()) {
          throw failure;
        }
      }
    }
    throw firstOf(failure, new UnknownHostException(server.getHost()));
  }

  private static IOException firstOf(@Nullable IOException first, IOException next) {
    return first == null ? next : first;
  }

  private Socket through(ProxyAddress proxy) throws IOException {
    Socket socket = proxy.socket();
    boolean isConnected = false;
    try {
      proxy.connect(socket, server.getHost(), server.getPort(), millis);
      isConnected = true;
      return socket;
    } finally {
      if (!isConnected) {
        socket.close();
      }
    }
  }
}
