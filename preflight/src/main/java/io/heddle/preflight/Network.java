package io.heddle.preflight;

import io.heddle.Go;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.Proxy;
import java.net.Socket;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The only access to the network for checks. It connects to addresses, never to names, and only to
 * public addresses: it checks the address again right before it connects, so that the name cannot
 * be redirected in between. It uses neither a proxy nor credentials.
 *
 * <p>Three limits hold for all checks together. The number of open connections to one address is
 * limited, so that customers cannot use the checks to flood a server. The number of connections to
 * one IPv6 network of 64 bits is limited to a few times as many: such a network may be one host
 * with any number of addresses, or a content delivery network with thousands of sites. And the
 * total is limited. A goroutine that waits for one limit does not hold a permit of the next: a
 * server that does not answer delays the checks of that server, and takes only a few permits of the
 * total.
 *
 * <p>The configured resolvers have a limit of their own, which is as large as the total: untrusted
 * servers may use up all other permits, but none of these. An untrusted name server for which a
 * resolver waits does use one: a question holds its permit until the resolver answers or the time
 * is over.
 */
public final class Network {
  /** An acceptable number of connections to one address. */
  public static final int PER_ADDRESS = 8;

  /**
   * The highest number of open connections, and of questions to name servers; questions to the
   * configured resolvers have a separate limit of the same size.
   */
  public static final int IN_ALL = 256;

  /** The limit of an IPv6 network of 64 bits, as a multiple of the limit of an address. */
  private static final long PER_NETWORK = 4;

  private static final int IPV4 = 4;
  private static final int IPV6 = 16;
  private static final int IPV6_NETWORK = 8;

  private final Ports ports;
  private final AddressPolicy policy;
  private final int perAddress;
  private final KeyedSemaphore<InetAddress> addresses;
  private final KeyedSemaphore<InetAddress> networks;

  /** By whether the server was configured. */
  private final KeyedSemaphore<Boolean> all;

  /**
   * The ports that a CA connects to.
   *
   * @param https the port of web servers with TLS
   */
  public record Ports(int http, int https, int dns) {
    /** The standard ports. */
    public static final Ports STANDARD = new Ports(80, 443, 53);
  }

  private Network(Ports ports, AddressPolicy policy, int perAddress, int inAll) {
    if (inAll < 1) {
      throw new IllegalArgumentException("no connection may be open: " + inAll + " in all");
    }
    this.ports = ports;
    this.policy = policy;
    this.perAddress = perAddress;
    this.addresses = new KeyedSemaphore<>(perAddress);
    this.networks = new KeyedSemaphore<>(PER_NETWORK * perAddress);
    this.all = new KeyedSemaphore<>(inAll);
  }

  /**
   * The network as a CA sees it.
   *
   * @param perAddress the highest number of open connections to one address; four times as many to
   *     one IPv6 network of 64 bits
   * @return a network that connects to public addresses and standard ports only
   */
  public static Network open(int perAddress) {
    return open(perAddress, AddressPolicy.PUBLIC);
  }

  /**
   * The same with other addresses.
   *
   * @param policy which addresses it connects to
   */
  public static Network open(int perAddress, AddressPolicy policy) {
    return new Network(Ports.STANDARD, policy, perAddress, IN_ALL);
  }

  /**
   * For tests only: a network that also connects to this machine. Customers could then make the
   * checks call any service of this machine.
   *
   * @param ports the ports to use instead of the standard ports
   * @param perAddress the highest number of open connections to one address
   * @return a network that connects to public addresses and to loopback addresses
   */
  public static Network withLoopbackForTests(Ports ports, int perAddress) {
    return new Network(ports, AddressPolicy.PUBLIC.withLoopback(), perAddress, IN_ALL);
  }

  /**
   * The same network with another limit, for checks that do not share it.
   *
   * @param inAll the highest number of open connections, and of questions to resolvers
   */
  public Network limitedTo(int inAll) {
    return new Network(ports, policy, perAddress, inAll);
  }

  /** The ports. */
  public Ports ports() {
    return ports;
  }

  /**
   * Why an address is refused.
   *
   * @param address 4 or 16 bytes, as in a DNS record
   * @return the address's special purpose; null if a connection is allowed
   */
  @Nullable String refusal(byte[] address) {
    return policy.refusal(address);
  }

  /** A connection counts until it is closed. */
  static final class Connection implements AutoCloseable {
    private final Socket socket;
    private final KeyedSemaphore.Permit place;

    private Connection(Socket socket, KeyedSemaphore.Permit place) {
      this.socket = socket;
      this.place = place;
    }

    Socket socket() {
      return socket;
    }

    String address() {
      return socket.getInetAddress().getHostAddress();
    }

    @Override
    public void close() {
      try (place) {
        socket.close();
      } catch (IOException e) {
        // the connection is not used any more in either case
      }
    }
  }

  /** A socket that exchanges datagrams with one address only, and counts like a connection. */
  record Datagrams(DatagramSocket socket, KeyedSemaphore.Permit place) implements AutoCloseable {
    @Override
    public void close() {
      try (place) {
        socket.close();
      }
    }
  }

  /**
   * Connects. Waits for a permit first if there are many connections.
   *
   * @param isTrusted whether the server was configured; otherwise an untrusted name or record led
   *     to it
   * @param timeout for the connection, without the wait
   * @throws IOException if it fails, with a {@link java.net.SocketTimeoutException} if it takes too
   *     long
   */
  Connection connect(
      InetAddress address, int port, boolean isTrusted, Duration timeout, WorkTime time)
      throws IOException, InterruptedException {
    return opened(address, port, timeout, place(address, isTrusted, time));
  }

  /**
   * Acquires a permit for the address, then for its network, then of the total; for a resolver,
   * only the last one.
   */
  KeyedSemaphore.Permit place(InetAddress address, boolean isTrusted, WorkTime time)
      throws IOException, InterruptedException {
    if (!isTrusted) {
      refuse(address);
    }
    return time.standingStill(() -> {
      KeyedSemaphore.Permit place = () -> {};
      if (!isTrusted) {
        place = addresses.acquire(prefix(address, IPV6), place);
        place = networks.acquire(prefix(address, IPV6_NETWORK), place);
      }
      return all.acquire(isTrusted, place);
    });
  }

  /** The first bytes of an IPv6 address; an IPv4 address is a network by itself. */
  static InetAddress prefix(InetAddress address, int length) {
    byte[] bytes = address.getAddress();
    if (bytes.length > IPV4 && !SpecialAddresses.isMapped(bytes)) {
      Arrays.fill(bytes, length, bytes.length, (byte) 0);
    }
    try {
      return InetAddress.getByAddress(bytes); // for a mapped address, the IPv4 address
    } catch (UnknownHostException e) {
      throw new IllegalStateException("an address of " + bytes.length + " bytes", e);
    }
  }

  private static Connection opened(
      InetAddress address, int port, Duration timeout, KeyedSemaphore.Permit place)
      throws IOException, InterruptedException {
    Connection connection = new Connection(new Socket(Proxy.NO_PROXY), place);
    boolean connected = false;
    try {
      connection.socket().setTcpNoDelay(true);
      connection.socket().connect(new InetSocketAddress(address, port), millis(timeout));
      connected = true;
      return connection;
    } catch (IOException e) {
      throw interruptOr(e);
    } finally {
      if (!connected) {
        connection.close();
      }
    }
  }

  /**
   * A socket for datagrams.
   *
   * @param isTrusted whether the server was configured; otherwise an untrusted record led to it
   * @param time stops while this waits for a permit
   */
  Datagrams datagrams(InetSocketAddress server, boolean isTrusted, WorkTime time)
      throws IOException, InterruptedException {
    KeyedSemaphore.Permit place = place(server.getAddress(), isTrusted, time);
    Datagrams datagrams = null;
    boolean opened = false;
    try {
      DatagramSocket socket = new DatagramSocket();
      datagrams = new Datagrams(socket, place);
      socket.connect(server); // fails if there is no route to the address
      opened = true;
      return datagrams;
    } finally {
      if (datagrams == null) {
        place.close();
      } else if (!opened) {
        datagrams.close();
      }
    }
  }

  /** The number of addresses and networks with a connection or a waiting goroutine. */
  int keysInUse() {
    return addresses.keys() + networks.keys() + all.keys();
  }

  private void refuse(InetAddress address) throws IOException {
    String reason = refusal(address.getAddress());
    if (reason != null) {
      throw new RefusedAddressException(address, reason);
    }
  }

  /** An interrupt closes the socket on which the goroutine is blocked, so that the call fails. */
  static IOException interruptOr(IOException e) throws InterruptedException {
    if (Thread.interrupted()) {
      throw (InterruptedException) new InterruptedException("check").initCause(e);
    }
    return e;
  }

  /** The reason of a failure, also for exceptions without a message. */
  static String reason(IOException e) {
    String message = e.getMessage();
    return e instanceof PortUnreachableException
        ? "nothing listens at its port"
        : message == null ? e.getClass().getSimpleName() : message;
  }

  static int millis(Duration timeout) {
    return Math.clamp(timeout.toMillis(), 1, Integer.MAX_VALUE);
  }

  /** The time until a deadline of {@link Go#nanoTime}, at least zero. */
  static Duration until(long deadline) {
    return Duration.ofNanos(Math.max(0, deadline - Go.nanoTime()));
  }
}
