package io.heddle.preflight;

import io.heddle.Go;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The only way out for checks. It connects to addresses, never to names, and to public ones only:
 * the address is looked at again right before the connection, so that no name can be bent
 * meanwhile. There is no proxy, and no credential.
 *
 * <p>Three limits hold for all checks together. No more than a few connections are open to one
 * address at a time, so that strangers cannot have us flood somebody; no more than a few times that
 * to one IPv6 network of 64 bits, which may be one host with as many addresses as it likes, or
 * thousands of sites that a network for content delivers; and no more than there are places in all.
 * Who waits because of one limit has no place by the next: a server that hangs holds up those who
 * want something of it, and takes a few places from the others.
 *
 * <p>The configured resolvers have as many places in all of their own: strangers' servers that we
 * wait for, which may have all the others, take none of those. Strangers' name servers that a
 * resolver waits for do: a question has its place until the resolver answers, or its time is over.
 */
public final class Network {
  /** How many connections to one address at a time are polite. */
  public static final int PER_ADDRESS = 8;

  /**
   * How many connections, and questions to name servers, may be open in all; and to the configured
   * resolvers besides.
   */
  public static final int IN_ALL = 256;

  /** How many times the places of one address an IPv6 network of 64 bits has. */
  private static final long PER_NETWORK = 4;

  private static final int IPV4 = 4;
  private static final int IPV6 = 16;
  private static final int IPV6_NETWORK = 8;

  private final Ports ports;
  private final boolean isLoopbackAllowed;
  private final int perAddress;
  private final KeyedSemaphore<InetAddress> addresses;
  private final KeyedSemaphore<InetAddress> networks;

  /** By whether they were configured. */
  private final KeyedSemaphore<Boolean> all;

  /**
   * The ports that a CA connects to.
   *
   * @param https of web servers with TLS
   */
  public record Ports(int http, int https, int dns) {
    /** What everybody uses. */
    public static final Ports STANDARD = new Ports(80, 443, 53);
  }

  private Network(Ports ports, boolean isLoopbackAllowed, int perAddress, int inAll) {
    if (inAll < 1) {
      throw new IllegalArgumentException("no connection may be open: " + inAll + " in all");
    }
    this.ports = ports;
    this.isLoopbackAllowed = isLoopbackAllowed;
    this.perAddress = perAddress;
    this.addresses = new KeyedSemaphore<>(perAddress);
    this.networks = new KeyedSemaphore<>(PER_NETWORK * perAddress);
    this.all = new KeyedSemaphore<>(inAll);
  }

  /**
   * The network as a CA sees it.
   *
   * @param perAddress how many connections may be open to one address at a time; four times as many
   *     to one IPv6 network of 64 bits
   * @return a network that connects to public addresses and standard ports only
   */
  public static Network open(int perAddress) {
    return new Network(Ports.STANDARD, false, perAddress, IN_ALL);
  }

  /**
   * For tests only: a network that also connects to this machine. Whoever orders a certificate can
   * then have any service of this machine called.
   *
   * @param ports what to connect to instead of the standard ports
   * @param perAddress how many connections may be open to one address at a time
   * @return a network that connects to public addresses and to loopback addresses
   */
  public static Network withLoopbackForTests(Ports ports, int perAddress) {
    return new Network(ports, true, perAddress, IN_ALL);
  }

  /**
   * Such a network with another limit, for checks that have it to themselves.
   *
   * @param inAll how many connections may be open at a time, and to the resolvers besides
   */
  public Network limitedTo(int inAll) {
    return new Network(ports, isLoopbackAllowed, perAddress, inAll);
  }

  /** The ports. */
  public Ports ports() {
    return ports;
  }

  /**
   * Why an address is refused.
   *
   * @param address 4 or 16 bytes, as in a DNS record
   * @return what is special about it; null if it may be connected to
   */
  @Nullable String refusal(byte[] address) {
    String reason = SpecialAddresses.reason(address);
    boolean isLoopback = reason != null && reason.startsWith("loopback");
    return isLoopback && isLoopbackAllowed ? null : reason;
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
        // closed or not, we are done with it
      }
    }
  }

  /** A socket that sends to and receives from one address only, and counts like a connection. */
  record Datagrams(DatagramSocket socket, KeyedSemaphore.Permit place) implements AutoCloseable {
    @Override
    public void close() {
      try (place) {
        socket.close();
      }
    }
  }

  /**
   * Connects. Waits for a place first if there are many connections.
   *
   * @param isTrusted whether the server was configured; else a stranger's name or record led to it
   * @param timeout for the connection, without the wait
   * @throws IOException if it fails, by a {@link java.net.SocketTimeoutException} if it takes too
   *     long
   */
  Connection connect(
      InetAddress address, int port, boolean isTrusted, Duration timeout, WorkTime time)
      throws IOException, InterruptedException {
    return opened(address, port, timeout, place(address, isTrusted, time));
  }

  /**
   * A place at an address, then in its network, then one of all; at a resolver, the last one only.
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

  /** The IPv6 address with its first bytes only; an IPv4 address is a network by itself. */
  static InetAddress prefix(InetAddress address, int length) {
    byte[] bytes = address.getAddress();
    if (bytes.length > IPV4 && !SpecialAddresses.isMapped(bytes)) {
      Arrays.fill(bytes, length, bytes.length, (byte) 0);
    }
    try {
      return InetAddress.getByAddress(bytes); // of a mapped one, the IPv4 address
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
   * @param isTrusted whether the server was configured; else a stranger's record led to it
   * @param time stands still while there are many others
   */
  Datagrams datagrams(InetSocketAddress server, boolean isTrusted, WorkTime time)
      throws IOException, InterruptedException {
    KeyedSemaphore.Permit place = place(server.getAddress(), isTrusted, time);
    Datagrams datagrams = null;
    boolean opened = false;
    try {
      DatagramSocket socket = new DatagramSocket();
      datagrams = new Datagrams(socket, place);
      socket.connect(server); // fails where there is no way to such an address
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

  /** How many addresses and networks have connections, or somebody waiting for one. */
  int keysInUse() {
    return addresses.keys() + networks.keys() + all.keys();
  }

  private void refuse(InetAddress address) throws IOException {
    String reason = refusal(address.getAddress());
    if (reason != null) {
      throw new RefusedAddressException(address, reason);
    }
  }

  /** An interrupt closes the socket of the goroutine that is blocked in it, which then fails. */
  static IOException interruptOr(IOException e) throws InterruptedException {
    if (Thread.interrupted()) {
      throw (InterruptedException) new InterruptedException("check").initCause(e);
    }
    return e;
  }

  static int millis(Duration timeout) {
    return Math.clamp(timeout.toMillis(), 1, Integer.MAX_VALUE);
  }

  /** What is left until a deadline of {@link Go#nanoTime}; not less than nothing. */
  static Duration until(long deadline) {
    return Duration.ofNanos(Math.max(0, deadline - Go.nanoTime()));
  }
}
