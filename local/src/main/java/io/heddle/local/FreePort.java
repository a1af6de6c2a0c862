package io.heddle.local;

import java.io.IOException;
import java.net.BindException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Chooses loopback ports for servers that cannot choose one themselves.
 *
 * <p>The ports lie below the range from which systems take a port for a connection, or for a server
 * that asks for any port. A port in that range may be taken before the server binds it. Worse, a
 * client that retries until the server answers may be given that very port for its own end, and TCP
 * then connects it to itself.
 */
public final class FreePort {
  private static final int FIRST = 10_000;
  private static final int COUNT = 22_000;

  /** Starts far from the port of a process with a similar process id. */
  private static final AtomicInteger NEXT =
      new AtomicInteger((int) (ProcessHandle.current().pid() * 997 % COUNT));

  private FreePort() {}

  /**
   * Returns a port that is free for TCP and UDP on the loopback interface. Within this process no
   * port is returned twice until all others have been, and other processes start elsewhere.
   */
  public static int next() throws IOException {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    for (int i = 0; i < COUNT; i++) {
      int port = FIRST + Math.floorMod(NEXT.getAndIncrement(), COUNT);
      try (ServerSocket _ = new ServerSocket(port, 1, loopback);
          DatagramSocket _ = new DatagramSocket(port, loopback)) {
        return port;
      } catch (BindException e) {
        // in use: try the next one
      }
    }
    throw new IOException("no loopback port is free from " + FIRST + " on");
  }
}
