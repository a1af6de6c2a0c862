package io.heddle.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketImpl;
import java.net.SocketOptions;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * What is behind a {@link PolledSocket}: a channel that does not block, and what the poller has
 * read from it. One thread may read while another writes.
 */
final class PolledSocketImpl extends SocketImpl {
  private static final int BUFFER = 16 << 10;
  private static final int SLICE = 64 << 10;
  private static final int NANOS_PER_MILLI = 1_000_000;

  private final Sleeper reader = new Sleeper();
  private final Sleeper writer = new Sleeper();

  // Set by create and connect, before anybody reads or writes.
  private @Nullable SocketChannel channel;
  private @Nullable Poller poller;
  private @Nullable SelectionKey key;

  private volatile int timeout;

  // What the reader and the poller share, guarded by this.
  private final ByteBuffer received = ByteBuffer.allocate(BUFFER).limit(0);
  private @Nullable Throwable failure;
  private boolean isFull;
  private boolean isAtEnd;
  private boolean isClosed;

  /** One who waits, and until when at most. */
  private static final class Sleeper {
    private volatile @Nullable Thread thread;
    private volatile @Nullable Long deadline;

    void wake() {
      LockSupport.unpark(thread);
    }

    boolean isLate(long now) {
      Long until = deadline;
      return until != null && until - now <= 0;
    }

    /** Wakes one who is late; tells whether there is a limit. */
    boolean sweep(long now) {
      if (isLate(now)) {
        wake();
      }
      return deadline != null;
    }
  }

  /** What one may have to wait for; null if it has not come yet. */
  @FunctionalInterface
  private interface Attempt {
    @Nullable Integer make() throws IOException;
  }

  private int await(Sleeper sleeper, int millis, Attempt attempt) throws IOException {
    Integer result = attempt.make();
    if (result != null) {
      return result;
    }
    sleeper.thread = Thread.currentThread();
    try {
      if (millis > 0) {
        sleeper.deadline = System.nanoTime() + (long) millis * NANOS_PER_MILLI;
        poller().limited();
      }
      while ((result = attempt.make()) == null) {
        if (Thread.currentThread().isInterrupted()) {
          close();
          throw new InterruptedIOException("interrupted");
        }
        if (sleeper.isLate(System.nanoTime())) {
          throw new SocketTimeoutException("nothing came for " + millis + " ms");
        }
        LockSupport.park(this);
      }
      return result;
    } finally {
      sleeper.thread = null;
      sleeper.deadline = null;
    }
  }

  @Override
  protected void create(boolean isStream) throws IOException {
    SocketChannel made = SocketChannel.open();
    try {
      made.configureBlocking(false);
      poller = Poller.take();
      channel = made;
    } finally {
      if (channel == null) {
        made.close();
      }
    }
  }

  private SocketChannel channel() {
    return Objects.requireNonNull(channel);
  }

  private Poller poller() {
    return Objects.requireNonNull(poller);
  }

  private void want(int operation) {
    poller().want(Objects.requireNonNull(key), operation);
  }

  @Override
  protected void connect(SocketAddress remote, int millis) throws IOException {
    InetSocketAddress to = (InetSocketAddress) remote;
    if (to.isUnresolved()) {
      throw new UnknownHostException(to.getHostString());
    }
    address = to.getAddress();
    port = to.getPort();
    try {
      boolean isConnected = channel().connect(to);
      int operation = isConnected ? SelectionKey.OP_READ : SelectionKey.OP_CONNECT;
      key = poller().register(channel(), operation, this);
      if (!isConnected) {
        await(
            writer,
            millis,
            () -> {
              check();
              return channel().finishConnect() ? 0 : null;
            });
        // Or it is told again and again of a connection that nobody waits for any more.
        key.interestOps(0);
        want(SelectionKey.OP_READ);
      }
    } catch (ClosedChannelException | CancelledKeyException e) {
      throw closed(e);
    }
    localport = channel().socket().getLocalPort();
  }

  private static SocketException closed(@Nullable Throwable cause) {
    SocketException closed = new SocketException("Socket closed");
    closed.initCause(cause);
    return closed;
  }

  private int read(byte[] bytes, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    return length == 0 ? 0 : await(reader, timeout, () -> take(bytes, offset, length));
  }

  private synchronized @Nullable Integer take(byte[] bytes, int offset, int length)
      throws IOException {
    if (received.hasRemaining() && !isClosed) {
      int taken = Math.min(length, received.remaining());
      received.get(bytes, offset, taken);
      if (isFull && !received.hasRemaining()) {
        isFull = false;
        want(SelectionKey.OP_READ);
      }
      return taken;
    }
    check();
    return isAtEnd ? -1 : null;
  }

  private synchronized void check() throws IOException {
    if (isClosed) {
      throw closed(null);
    }
    if (failure != null) {
      throw new SocketException(failure.getMessage(), failure);
    }
  }

  private void write(byte[] bytes, int offset, int length) throws IOException {
    ByteBuffer left = ByteBuffer.wrap(bytes, offset, length);
    await(writer, 0, () -> put(left));
  }

  private @Nullable Integer put(ByteBuffer left) throws IOException {
    check();
    try {
      while (left.hasRemaining()) {
        // The JDK copies what it is given, whether the system takes it or not.
        ByteBuffer slice = left.slice(left.position(), Math.min(SLICE, left.remaining()));
        int written = channel().write(slice);
        left.position(left.position() + written);
        if (slice.hasRemaining()) {
          want(SelectionKey.OP_WRITE);
          return null;
        }
      }
      return 0;
    } catch (ClosedChannelException e) {
      throw closed(e);
    }
  }

  /** Called by the poller when something may be done. */
  void ready(SelectionKey ready) {
    int operations = ready.readyOps();
    int done = operations & (SelectionKey.OP_CONNECT | SelectionKey.OP_WRITE);
    if (done != 0) {
      ready.interestOpsAnd(~done);
      writer.wake();
    }
    if ((operations & SelectionKey.OP_READ) != 0) {
      receive(ready);
      reader.wake();
    }
  }

  private synchronized void receive(SelectionKey ready) {
    received.compact();
    try {
      isAtEnd = channel().read(received) < 0;
    } catch (IOException e) {
      failure = e;
    } finally {
      received.flip();
    }
    isFull = received.limit() == received.capacity();
    if (isFull || isAtEnd || failure != null) {
      ready.interestOpsAnd(~SelectionKey.OP_READ);
    }
  }

  /** Called by the poller when it can do no more for this socket; allocates nothing. */
  void fail(Throwable cause) {
    synchronized (this) {
      failure = cause;
    }
    reader.wake();
    writer.wake();
  }

  /** Wakes those who are too late; tells whether there is a time limit. */
  boolean sweep(long now) {
    boolean isReaderLimited = reader.sweep(now);
    return writer.sweep(now) || isReaderLimited;
  }

  @Override
  protected synchronized int available() throws IOException {
    if (isClosed) {
      throw closed(null);
    }
    if (!received.hasRemaining() && !isAtEnd && failure == null && key != null) {
      receive(key); // what has come, but the poller has not seen yet
    }
    return received.remaining();
  }

  @Override
  protected void close() throws IOException {
    synchronized (this) {
      if (isClosed || channel == null) {
        return;
      }
      isClosed = true;
    }
    try {
      channel().close();
    } finally {
      poller().release();
      reader.wake();
      writer.wake();
    }
  }

  @Override
  protected void shutdownInput() throws IOException {
    channel().shutdownInput();
  }

  @Override
  protected void shutdownOutput() throws IOException {
    channel().shutdownOutput();
  }

  @Override
  protected InputStream getInputStream() {
    return new InputStream() {
      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] bytes, int offset, int length) throws IOException {
        return PolledSocketImpl.this.read(bytes, offset, length);
      }

      @Override
      public int available() throws IOException {
        return PolledSocketImpl.this.available();
      }
    };
  }

  @Override
  protected OutputStream getOutputStream() {
    return new OutputStream() {
      @Override
      public void write(int one) throws IOException {
        write(new byte[] {(byte) one}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        PolledSocketImpl.this.write(bytes, offset, length);
      }
    };
  }

  @Override
  public void setOption(int option, Object value) throws SocketException {
    try {
      switch (option) {
        case SocketOptions.SO_TIMEOUT -> timeout = (Integer) value;
        case SocketOptions.TCP_NODELAY ->
            channel().setOption(StandardSocketOptions.TCP_NODELAY, (Boolean) value);
        case SocketOptions.SO_LINGER ->
            channel()
                .setOption(
                    StandardSocketOptions.SO_LINGER, value instanceof Integer linger ? linger : -1);
        default -> throw unsupported(option);
      }
    } catch (IOException e) {
      throw failed(e);
    }
  }

  @Override
  public Object getOption(int option) throws SocketException {
    try {
      return switch (option) {
        case SocketOptions.SO_TIMEOUT -> timeout;
        case SocketOptions.TCP_NODELAY -> channel().getOption(StandardSocketOptions.TCP_NODELAY);
        case SocketOptions.SO_LINGER -> channel().getOption(StandardSocketOptions.SO_LINGER);
        default -> throw unsupported(option);
      };
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private static SocketException failed(IOException e) {
    return e instanceof SocketException already ? already : new SocketException(e.getMessage(), e);
  }

  private static SocketException unsupported(int option) {
    return new SocketException("no socket option of a client that polls: " + option);
  }

  // What the rest of a client's socket would be: Socket has the connection made by the one above.

  @Override
  protected void connect(String host, int to) throws IOException {
    connect(new InetSocketAddress(host, to), 0);
  }

  @Override
  protected void connect(InetAddress host, int to) throws IOException {
    connect(new InetSocketAddress(host, to), 0);
  }

  @Override
  protected void bind(InetAddress host, int local) throws IOException {
    channel().bind(new InetSocketAddress(host, local));
  }

  @Override
  protected void sendUrgentData(int data) throws IOException {
    throw new SocketException("urgent data is not supported");
  }

  @Override
  protected void listen(int backlog) throws IOException {
    throw new SocketException("not a server's socket");
  }

  @Override
  protected void accept(SocketImpl accepted) throws IOException {
    throw new SocketException("not a server's socket");
  }
}
