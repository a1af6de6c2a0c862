package io.heddle.purge.stores;

import java.io.IOException;
import java.net.Socket;
import java.net.UnknownHostException;
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
    Socket socket = network.connect("redis", server.getHost(), server.getPort(), millis);
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
}
