package io.heddle.purge.stores;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.heddle.Go;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.apache.hc.core5.http.Header;
import org.jspecify.annotations.Nullable;

/**
 * Connections to one HTTP/1.1 server, one for each concurrent request. A request blocks only its
 * goroutine. Several requests can be sent ahead of their responses, which libraries' clients do not
 * support; HttpComponents parses the responses.
 *
 * <p>A response has one deadline for everything, from the connection to its last byte. The deadline
 * and an interrupt both close the connection, so that the server notices.
 *
 * <p>Only for requests that can safely be sent twice: only using a connection shows that the server
 * has closed it, and then the request is sent again on a new connection.
 */
final class StoreHttp implements AutoCloseable {
  private static final byte[] NO_BODY = {};

  private final String host;
  private final int port;
  private final boolean isSecure;
  private final @Nullable ProxyAddress proxy;
  private final Network network;
  private final String fixedHeaders;

  /** The last one used is taken first, so that connections that are not needed expire. */
  private final Deque<HttpWire> idle = new ConcurrentLinkedDeque<>();

  private volatile boolean isClosed;

  /**
   * Opens no connection yet.
   *
   * @param server an {@code http} or {@code https} address; its path and its user are not used
   * @param timeout how long a response may take
   * @param headers the headers of every request
   */
  StoreHttp(URI server, Duration timeout, Map<String, String> headers) {
    this(server, Network.usual(timeout), headers);
  }

  StoreHttp(URI server, Network network, Map<String, String> headers) {
    this.host = server.getHost();
    this.isSecure = server.getScheme().equalsIgnoreCase("https");
    this.port = server.getPort() >= 0 ? server.getPort() : isSecure ? 443 : 80;
    ProxyAddress chosen = network.proxyFor(isSecure ? "https" : "http", host);
    this.proxy = chosen == null && network.proxy() == null ? systemProxy(server) : chosen;
    this.network = network;
    StringBuilder fixed = new StringBuilder(" HTTP/1.1\r\nHost: ").append(host);
    if (server.getPort() >= 0) {
      fixed.append(':').append(port);
    }
    headers.forEach((name, value) -> fixed.append("\r\n").append(name).append(": ").append(value));
    this.fixedHeaders = fixed.append("\r\n").toString();
    if (fixedHeaders.chars().filter(c -> c < ' ').count() != 2 * (headers.size() + 2L)) {
      throw new IllegalArgumentException("a header has a line break");
    }
  }

  /** The proxy of properties such as {@code https.proxyHost} and {@code socksProxyHost}. */
  private static @Nullable ProxyAddress systemProxy(URI server) {
    ProxySelector selector = ProxySelector.getDefault();
    Proxy proxy = selector == null ? Proxy.NO_PROXY : selector.select(server).getFirst();
    return proxy.address() instanceof InetSocketAddress place
        ? new ProxyAddress(
            proxy.type() == Proxy.Type.SOCKS, place.getHostString(), place.getPort(), null)
        : null;
  }

  /** A response. */
  record Response(int status, Header[] headers, byte[] body) {
    /** The value of a header, null if it is missing. */
    @Nullable String header(String name) {
      for (Header header : headers) {
        if (header.getName().equalsIgnoreCase(name)) {
          return header.getValue();
        }
      }
      return null;
    }
  }

  /**
   * Sends a request and waits for the response.
   *
   * @param target path and query, encoded
   * @param json the body, null for none
   * @throws SocketTimeoutException if the deadline has passed
   * @throws IOException if there is no connection, or it broke
   */
  Response send(String method, String target, byte @Nullable [] json)
      throws IOException, InterruptedException {
    return send(method, target, json, Map.of());
  }

  /**
   * The same, with headers that only this request has.
   *
   * @param headers without line breaks
   */
  Response send(String method, String target, byte @Nullable [] json, Map<String, String> headers)
      throws IOException, InterruptedException {
    StringBuilder more = new StringBuilder();
    headers.forEach((name, value) -> more.append(name).append(": ").append(value).append("\r\n"));
    return exchange(method, List.of(request(method, target, json, more.toString()))).getFirst();
  }

  /**
   * Sends several requests without a body at once on one connection (HTTP pipelining). The server
   * handles one after the other, but neither side waits for the other in between.
   *
   * @param targets path and query of each, encoded
   * @return the responses, in order; fewer than requests if the connection broke after some
   * @throws SocketTimeoutException if the first takes too long
   * @throws IOException if there is no connection, or it broke before the first response
   */
  List<Response> sendAll(String method, List<String> targets)
      throws IOException, InterruptedException {
    return exchange(
        method, targets.stream().map(target -> request(method, target, null, "")).toList());
  }

  private byte[] request(String method, String target, byte @Nullable [] json, String headers) {
    if (!target.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw new IllegalArgumentException("not a request: " + method + " " + target);
    }
    String type = "Content-Type: application/json\r\nContent-Length: ";
    String body = json == null ? "" : type + json.length + "\r\n";
    byte[] head =
        (method + " " + target + fixedHeaders + headers + body + "\r\n").getBytes(ISO_8859_1);
    return joined(List.of(head, json == null ? NO_BODY : json));
  }

  private static byte[] joined(List<byte[]> parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    parts.forEach(all::writeBytes);
    return all.toByteArray();
  }

  private List<Response> exchange(String method, List<byte[]> requests)
      throws IOException, InterruptedException {
    boolean hasBodies = !method.equals("HEAD");
    List<Response> responses = new ArrayList<>(requests.size());
    while (responses.size() < requests.size()) {
      List<byte[]> open = requests.subList(responses.size(), requests.size());
      HttpWire used = idle();
      HttpWire wire = used != null ? used : new HttpWire(proxy, network);
      boolean isReusable = false;
      try {
        if (used == null) {
          wire.connect(addresses(), isSecure ? host : null);
        }
        isReusable = wire.exchange(joined(open), open.size(), hasBodies, responses);
      } catch (IOException e) {
        if (Thread.interrupted()) {
          throw (InterruptedException) new InterruptedException("HTTP request").initCause(e);
        }
        boolean isStale = used != null && !wire.hasAnswered() && !wire.isLate();
        if (!isStale && responses.isEmpty()) {
          throw wire.isLate() ? late(e) : e;
        }
        if (!isStale) {
          return responses;
        }
      } finally {
        giveBack(wire, isReusable);
      }
    }
    return responses;
  }

  private static SocketTimeoutException late(IOException e) {
    return (SocketTimeoutException)
        new SocketTimeoutException("the response is not complete in time").initCause(e);
  }

  /** All addresses of the server, to be tried in turn; a proxy resolves the name itself. */
  private List<InetSocketAddress> addresses() throws UnknownHostException {
    if (proxy != null) {
      return List.of(InetSocketAddress.createUnresolved(host, port));
    }
    List<InetSocketAddress> addresses = new ArrayList<>();
    try {
      for (InetAddress address : InetAddress.getAllByName(host)) {
        addresses.add(new InetSocketAddress(address, port));
      }
    } catch (UnknownHostException e) {
      throw (UnknownHostException) new UnknownHostException(host).initCause(e);
    }
    return addresses;
  }

  private @Nullable HttpWire idle() {
    for (HttpWire one; (one = idle.pollFirst()) != null; one.close()) {
      if (one.isQuiet()) {
        return one;
      }
    }
    return null;
  }

  private void giveBack(HttpWire wire, boolean isReusable) {
    if (isReusable) {
      wire.lastUsed = Go.nanoTime();
      idle.addFirst(wire);
    } else {
      wire.close();
    }
    if (isClosed) {
      close();
    }
  }

  /** Closes the connections that have been idle for some time. */
  void closeIdle(Duration unused) {
    long since = Go.nanoTime() - unused.toNanos();
    for (HttpWire one; (one = idle.pollLast()) != null; one.close()) {
      if (one.lastUsed - since > 0) {
        idle.addLast(one);
        if (isClosed) {
          close();
        }
        return;
      }
    }
  }

  /** Closes the idle connections, and the others as their requests end. */
  @Override
  public void close() {
    isClosed = true;
    for (HttpWire one; (one = idle.poll()) != null; ) {
      one.close();
    }
  }
}
