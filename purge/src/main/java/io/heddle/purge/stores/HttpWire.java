package io.heddle.purge.stores;

import io.heddle.AfterFunc;
import io.heddle.Go;
import io.heddle.purge.stores.StoreHttp.Response;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentLengthStrategy;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpVersion;
import org.apache.hc.core5.http.UnsupportedHttpVersionException;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.DefaultContentLengthStrategy;
import org.apache.hc.core5.http.impl.io.ChunkedInputStream;
import org.apache.hc.core5.http.impl.io.ContentLengthInputStream;
import org.apache.hc.core5.http.impl.io.DefaultHttpResponseParser;
import org.apache.hc.core5.http.impl.io.IdentityInputStream;
import org.apache.hc.core5.http.impl.io.SessionInputBufferImpl;
import org.jspecify.annotations.Nullable;

/** A connection to a server: sends requests, reads the responses. */
final class HttpWire implements AutoCloseable {
  private static final int BUFFER = 8 << 10;
  private static final int MAX_LINE = 64 << 10;

  /** The user has chosen the server, so it is trusted with this much memory. */
  private static final int MAX_BODY = 256 << 20;

  private static final Http1Config LIMITS =
      Http1Config.custom().setMaxLineLength(MAX_LINE).setMaxHeaderCount(1000).build();

  private final @Nullable ProxyAddress proxy;
  private final Tls tls;
  private final Duration timeout;
  private final SessionInputBufferImpl buffer = new SessionInputBufferImpl(BUFFER, MAX_LINE);
  private final DefaultHttpResponseParser parser = new DefaultHttpResponseParser(LIMITS);

  /** The network's socket, below TLS if there is TLS. */
  private volatile @Nullable Socket transport;

  private @Nullable Socket socket;
  private boolean hasAnswered;
  private volatile boolean isLate;

  /** When it became idle, by {@link Go#nanoTime}. */
  long lastUsed;

  HttpWire(@Nullable ProxyAddress proxy, Network network) {
    this.proxy = proxy;
    this.tls = network.tls();
    this.timeout = network.timeout();
  }

  /** Whether any response to the last requests has arrived. */
  boolean hasAnswered() {
    return hasAnswered;
  }

  /** Whether it was closed because its deadline had passed. */
  boolean isLate() {
    return isLate;
  }

  /**
   * Connects to the first of some addresses that accepts.
   *
   * @param tlsName the host name that the certificate must have, null for no TLS
   */
  void connect(List<InetSocketAddress> addresses, @Nullable String tlsName) throws IOException {
    AfterFunc deadline = Go.afterFunc(timeout, this::expire);
    try {
      Socket connected = connected(addresses);
      connected.setTcpNoDelay(true);
      socket = tlsName == null ? connected : tls.over(connected, tlsName);
    } finally {
      deadline.stop();
    }
  }

  private Socket connected(List<InetSocketAddress> addresses) throws IOException {
    IOException failure = null;
    for (InetSocketAddress address : addresses) {
      Socket one = proxy == null ? new Socket() : proxy.socket();
      transport = one;
      int millis = Math.toIntExact(timeout.dividedBy(addresses.size()).toMillis());
      try {
        if (proxy == null) {
          one.connect(address, millis);
        } else {
          proxy.connect(one, address.getHostString(), address.getPort(), millis);
        }
        Network.refuseItself(one);
        return one;
      } catch (IOException e) {
        one.close();
        if (isLate || Thread.currentThread().isInterrupted()) {
          throw e;
        }
        failure = failure == null ? e : failure;
      }
    }
    throw failure == null ? new ConnectException("no address") : failure;
  }

  /**
   * Whether it can be used for another request: no unexpected bytes may have arrived. A server that
   * closes an idle connection may send a message first, which would pass for the next response.
   */
  boolean isQuiet() {
    try {
      return !buffer.hasBufferedData() && open().getInputStream().available() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  private Socket open() throws IOException {
    if (socket == null) {
      throw new ConnectException("not connected");
    }
    return socket;
  }

  /**
   * Sends requests, and adds the responses, up to the one after which the server closes the
   * connection. The time limit applies to each response, counted from the previous one.
   *
   * @param hasBodies whether the responses may have bodies: those to HEAD have none
   * @return whether the connection can be used again
   */
  boolean exchange(byte[] requests, int count, boolean hasBodies, List<Response> responses)
      throws IOException {
    hasAnswered = false;
    AfterFunc.Timed deadline = Go.afterFunc(timeout, this::expire);
    try {
      Whole in = new Whole(open().getInputStream());
      open().getOutputStream().write(requests);
      boolean isLast = false;
      for (int i = 0; i < count && !isLast; i++) {
        if (i > 0) {
          deadline.reset(timeout);
        }
        isLast = receive(in, hasBodies, responses);
      }
      return !isLast && deadline.stop();
    } catch (HttpException e) {
      throw (ProtocolException)
          new ProtocolException("malformed response: " + e.getMessage()).initCause(e);
    } finally {
      deadline.stop();
    }
  }

  /** Receives a response; returns whether it is the connection's last. */
  private boolean receive(Whole in, boolean hasBodies, List<Response> responses)
      throws IOException, HttpException {
    ClassicHttpResponse head = head(in);
    hasAnswered = true;
    while (head.getCode() < 200) { // such as 100 Continue
      head = head(in);
    }
    boolean hasBody = hasBodies && head.getCode() != 204 && head.getCode() != 304;
    long length = hasBody ? DefaultContentLengthStrategy.INSTANCE.determineLength(head) : 0;
    InputStream stream =
        length >= 0
            ? new ContentLengthInputStream(buffer, in, length)
            : length == ContentLengthStrategy.CHUNKED
                ? new ChunkedInputStream(buffer, in, LIMITS)
                : new IdentityInputStream(buffer, in);
    byte[] body = stream.readNBytes(MAX_BODY + 1);
    if (body.length > MAX_BODY) {
      throw new ProtocolException("a response of more than " + MAX_BODY + " bytes");
    }
    responses.add(new Response(head.getCode(), head.getHeaders(), body));
    Header connection = head.getFirstHeader("Connection");
    return length == ContentLengthStrategy.UNDEFINED
        || HttpVersion.HTTP_1_0.equals(head.getVersion())
        || (connection != null && connection.getValue().toLowerCase(Locale.ROOT).contains("close"));
  }

  private ClassicHttpResponse head(Whole in) throws IOException, HttpException {
    in.mayEnd = false;
    ClassicHttpResponse head = parser.parse(buffer, in);
    in.mayEnd = true;
    if (HttpVersion.HTTP_2.lessEquals(head.getVersion())) {
      throw new UnsupportedHttpVersionException(head.getVersion());
    }
    return head;
  }

  /** Rejects an end within the head of a response, which the parser would take for the whole. */
  private static final class Whole extends FilterInputStream {
    private boolean mayEnd;

    Whole(InputStream in) {
      super(in);
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int read = super.read(bytes, offset, length);
      if (read < 0 && !mayEnd) {
        throw new EOFException("the server closed the connection");
      }
      return read;
    }
  }

  private void expire() {
    isLate = true;
    close(transport); // TLS would send a closing message, and wait for concurrent writes
  }

  @Override
  public void close() {
    close(socket == null ? transport : socket);
  }

  private static void close(@Nullable Socket socket) {
    try {
      if (socket != null) {
        socket.close();
      }
    } catch (IOException e) {
      // the socket is not used any more in either case
    }
  }
}
