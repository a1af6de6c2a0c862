package io.heddle.orders.api;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.io.ssl.SslConnection;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;

/**
 * Accepts connections, and resets those whose client takes too long to send a request, or to take a
 * response, and the oldest ones of clients without a token if there are too many of them. Jetty
 * limits the time between two bytes only, so a client that sends a byte from time to time could
 * keep a connection busy for hours.
 *
 * <p>The time of a request begins with the first byte that arrives while no timer runs, which
 * includes the bytes of a TLS handshake. The code that has received the whole request {@linkplain
 * Timer#stop stops} the timer. A timer is for one request at a time, as with HTTP/1.1.
 */
final class TimedConnector extends ServerConnector {
  private static final Duration LONGEST_PERIOD = Duration.ofSeconds(1);

  private final ApiServer.Limits limits;
  private final Duration spare;
  private final Duration period;
  private final Runnable onTick;

  /** The connections whose client has not sent a known token yet, oldest first. */
  private final Set<TimedEndPoint> strangers = new LinkedHashSet<>();

  /**
   * Makes a connector.
   *
   * @param spare how long a connection may be idle at the limit of connections
   * @param onTick called about once a second
   */
  TimedConnector(
      Server server,
      ApiServer.Limits limits,
      Duration spare,
      Runnable onTick,
      ConnectionFactory... factories) {
    super(server, 1, 1, factories);
    this.limits = limits;
    this.spare = spare;
    this.onTick = onTick;
    Duration shortest =
        limits.request().compareTo(limits.write()) < 0 ? limits.request() : limits.write();
    Duration quarter = shortest.dividedBy(4);
    this.period = quarter.compareTo(LONGEST_PERIOD) < 0 ? quarter : LONGEST_PERIOD;
  }

  /** Limits the time of a connection's current phase. */
  interface Timer {
    void start(Duration time);

    void stop();

    /** Records that the client has sent a known token. */
    void letIn();
  }

  /** The timer of the connection with this end point. */
  static Timer timer(EndPoint end) {
    EndPoint outer = end;
    while (outer instanceof EndPoint.Wrapper wrapper) { // TLS
      outer = wrapper.unwrap();
    }
    return (TimedEndPoint) outer;
  }

  @Override
  protected void doStart() throws Exception {
    super.doStart();
    tick();
  }

  private void tick() {
    Collection<EndPoint> ends = getConnectedEndPoints();
    boolean isFull = ends.size() >= limits.connections();
    for (EndPoint end : ends) {
      ((TimedEndPoint) end).closeIfOverdue();
      if (isFull) { // Jetty's limit of connections does this once, and then resets the time-out
        end.setIdleTimeout(spare.toMillis());
      }
    }
    onTick.run();
    if (isRunning() || isStarting()) {
      getScheduler().schedule(this::tick, period.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  @Override
  protected SocketChannelEndPoint newEndPoint(
      SocketChannel channel, ManagedSelector selector, SelectionKey key) {
    TimedEndPoint end = new TimedEndPoint(channel, selector, key, getScheduler());
    end.setIdleTimeout(getIdleTimeout());
    TimedEndPoint spare = null;
    synchronized (strangers) {
      strangers.add(end);
      if (strangers.size() > limits.strangers()) {
        spare = strangers.iterator().next();
        strangers.remove(spare);
      }
    }
    if (spare != null) {
      // A client with a token sends it within milliseconds, so a flood evicts its own connections.
      spare.reset("too many clients without a token");
    }
    return end;
  }

  private void forget(TimedEndPoint end) {
    synchronized (strangers) {
      strangers.remove(end);
    }
  }

  private final class TimedEndPoint extends SocketChannelEndPoint implements Timer {
    private static final byte[] TIMEOUT =
        "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
            .getBytes(US_ASCII);

    /** A value of {@link System#nanoTime} that means no deadline. */
    private static final long NONE = 0;

    private volatile long deadline;

    /** Whether the deadline is a request's, so that no response is being written. */
    private volatile boolean isRequest;

    TimedEndPoint(
        SocketChannel channel, ManagedSelector selector, SelectionKey key, Scheduler scheduler) {
      super(channel, selector, key, scheduler);
    }

    @Override
    public void start(Duration time) {
      isRequest = false;
      deadline = (System.nanoTime() + time.toNanos()) | 1; // not NONE
    }

    @Override
    public void stop() {
      deadline = NONE;
    }

    @Override
    public int fill(ByteBuffer buffer) throws IOException {
      int filled = super.fill(buffer);
      if (filled > 0 && deadline == NONE) {
        start(limits.request());
        isRequest = true;
      }
      return filled;
    }

    @Override
    public void letIn() {
      forget(this);
    }

    @Override
    public void onClose(@Nullable Throwable cause) {
      forget(this);
      super.onClose(cause);
    }

    private void closeIfOverdue() {
      long limit = deadline;
      if (limit != NONE && limit - System.nanoTime() < 0) {
        if (isRequest && !(getConnection() instanceof SslConnection)) {
          sayTimeout();
          close(new TimeoutException("the client is too slow"));
        } else {
          reset("the client is too slow");
        }
      }
    }

    /** Answers with status 408, unless the socket's buffer is full. */
    private void sayTimeout() {
      try {
        SocketChannel channel = getChannel();
        channel.write(ByteBuffer.wrap(TIMEOUT));
        channel.shutdownOutput();
      } catch (IOException e) {
        // closed already
      }
    }

    private void reset(String reason) {
      try {
        // A reset, because data that has not been sent is not worth the memory.
        getChannel().socket().setSoLinger(true, 0);
      } catch (SocketException e) {
        // closed already
      }
      close(new TimeoutException(reason));
    }
  }
}
