package io.heddle.purge.stores;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import redis.clients.jedis.Connection;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.JedisSocketFactory;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;

/**
 * Opens connections to the master that the sentinels name at that moment. After a failover, old
 * connections break, and new ones lead to the new master.
 */
final class Sentinels implements JedisSocketFactory {
  private final List<HostAndPort> sentinels;
  private final String master;
  private final JedisClientConfig config;
  private final Function<HostAndPort, JedisSocketFactory> sockets;

  /**
   * Makes a factory.
   *
   * @param master the name under which the sentinels watch the master
   * @param config the credentials for the sentinels
   * @param sockets opens connections to any server
   */
  Sentinels(
      List<HostAndPort> sentinels,
      String master,
      JedisClientConfig config,
      Function<HostAndPort, JedisSocketFactory> sockets) {
    this.sentinels = sentinels;
    this.master = master;
    this.config = config;
    this.sockets = sockets;
  }

  @Override
  public Socket createSocket() throws JedisConnectionException {
    return sockets.apply(master()).createSocket();
  }

  /** Asks one sentinel after the other. An answer is more informative than a broken connection. */
  private HostAndPort master() {
    List<JedisException> failures = new ArrayList<>();
    JedisDataException refusal = null;
    for (HostAndPort sentinel : sentinels) {
      try (Connection connection = new Connection(sockets.apply(sentinel), config)) {
        connection.sendCommand(Command.SENTINEL, "GET-MASTER-ADDR-BY-NAME", master);
        if (connection.getOne() instanceof List<?> address && address.size() == 2) {
          return new HostAndPort(text(address.get(0)), Integer.parseInt(text(address.get(1))));
        }
        refusal =
            new JedisDataException("NOMASTER the sentinel " + sentinel + " knows no " + master);
      } catch (JedisDataException e) {
        refusal = e;
      } catch (JedisException e) {
        failures.add(e);
      }
    }
    if (refusal != null) {
      throw refusal;
    }
    JedisException first = failures.getFirst();
    failures.stream().skip(1).forEach(first::addSuppressed);
    throw first;
  }

  private static String text(Object bytes) {
    return new String((byte[]) bytes, UTF_8);
  }
}
