package io.heddle.purge.stores;

import io.heddle.AfterFunc;
import io.heddle.Go;
import java.io.IOException;
import java.net.ConnectException;
import java.net.ProtocolException;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.hc.client5.http.HttpHostConnectException;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManager;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.impl.io.HttpRequestExecutor;
import org.apache.hc.core5.http.io.HttpClientConnection;
import org.apache.hc.core5.http.io.HttpResponseInformationCallback;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.http.message.BasicHeader;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.pool.PoolConcurrencyPolicy;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/**
 * HTTP/1.1 to one server, by Apache's client: as many connections as there are requests at a time,
 * through the proxy of the JVM's system properties if there is one. A request blocks only its
 * goroutine.
 *
 * <p>A request has one deadline for everything, from the connection to the last byte of the
 * response, while the library's time-outs are for one read. The deadline and an interrupt both
 * close the connection, so that the server sees it.
 */
final class StoreHttp implements AutoCloseable {
  /** In bytes. A server that the user has chosen is trusted with as much memory. */
  private static final int LARGEST_BODY = 256 << 20;

  /** More than a run has requests at a time: its own limiter decides that number. */
  private static final int CONNECTIONS = 100_000;

  /** A connection that was idle for longer may be closed by now, which a look at it tells. */
  private static final TimeValue UNSEEN = TimeValue.ofMilliseconds(100);

  private final URI server;
  private final HttpHost host;
  private final Duration timeout;
  private final PoolingHttpClientConnectionManager connections;
  private final CloseableHttpClient client;

  /**
   * Opens no connection yet.
   *
   * @param server an {@code http} or {@code https} address; its path and its user are not used
   * @param timeout how long a request may take
   * @param headers what every request has
   */
  StoreHttp(URI server, Duration timeout, Map<String, String> headers) {
    this.host = new HttpHost(server.getScheme(), server.getHost(), server.getPort());
    this.server = URI.create(host.toURI());
    this.timeout = timeout;
    Timeout limit = Timeout.of(timeout);
    this.connections =
        PoolingHttpClientConnectionManagerBuilder.create()
            .useSystemProperties()
            .setPoolConcurrencyPolicy(PoolConcurrencyPolicy.LAX)
            .setMaxConnTotal(CONNECTIONS)
            .setMaxConnPerRoute(CONNECTIONS)
            .setDefaultConnectionConfig(
                ConnectionConfig.custom()
                    .setConnectTimeout(limit)
                    .setSocketTimeout(limit)
                    .setValidateAfterInactivity(UNSEEN)
                    .build())
            .build();
    this.client =
        HttpClients.custom()
            .useSystemProperties()
            .setConnectionManager(connections)
            .setUserAgent("heddle-purge")
            .setDefaultHeaders(
                headers.entrySet().stream()
                    .map(one -> new BasicHeader(one.getKey(), one.getValue()))
                    .toList())
            .setDefaultRequestConfig(
                RequestConfig.custom().setProtocolUpgradeEnabled(false).build())
            .setRequestExecutor(new Executor())
            .disableAutomaticRetries() // the engine decides about these
            .disableRedirectHandling()
            .disableContentCompression()
            .disableCookieManagement()
            .disableAuthCaching()
            .build();
  }

  /** A response. */
  record Response(int status, Header[] headers, byte[] body) {
    /** The value of a header, null if there is none. */
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
    HttpUriRequestBase request = new HttpUriRequestBase(method, server.resolve(target));
    if (json != null) {
      request.setEntity(new ByteArrayEntity(json, ContentType.APPLICATION_JSON));
    }
    AtomicBoolean isLate = new AtomicBoolean();
    AfterFunc deadline =
        Go.afterFunc(
            timeout,
            () -> {
              isLate.set(true);
              request.abort();
            });
    try {
      return client.execute(
          host,
          request,
          response ->
              new Response(
                  response.getCode(), response.getHeaders(), body(response.getEntity())));
    } catch (HttpHostConnectException e) {
      // The name of the store says where, and this would say so again.
      String reason = String.valueOf(e.getMessage()).replaceFirst(".* failed: ", "");
      throw (ConnectException) new ConnectException(reason).initCause(e);
    } catch (IOException e) {
      if (Thread.interrupted()) {
        throw (InterruptedException) new InterruptedException("HTTP request").initCause(e);
      }
      if (isLate.get()) {
        throw (SocketTimeoutException)
            new SocketTimeoutException("the response is not complete in time").initCause(e);
      }
      throw e;
    } finally {
      deadline.stop();
    }
  }

  private static byte[] body(@Nullable HttpEntity entity) throws IOException {
    byte[] body =
        entity == null ? new byte[0] : entity.getContent().readNBytes(LARGEST_BODY + 1);
    if (body.length > LARGEST_BODY) {
      throw new ProtocolException("a response of more than " + LARGEST_BODY + " bytes");
    }
    return body;
  }

  /**
   * Refuses a connection of TCP's simultaneous open. Where no server listens, the system may choose
   * the server's port for the client's end, too. The client would then read its own request, and
   * keep the server from its port.
   */
  private static final class Executor extends HttpRequestExecutor {
    @Override
    public ClassicHttpResponse execute(
        ClassicHttpRequest request,
        HttpClientConnection connection,
        @Nullable HttpResponseInformationCallback interim,
        HttpContext context)
        throws IOException, HttpException {
      SocketAddress local = connection.getLocalAddress();
      if (local != null && local.equals(connection.getRemoteAddress())) {
        throw new ConnectException("Connection refused");
      }
      return super.execute(request, connection, interim, context);
    }
  }

  /** Closes the connections that no request has used for some time. */
  void closeIdle(Duration unused) {
    connections.closeIdle(TimeValue.of(unused));
  }

  /** Closes all connections; requests that are under way fail. */
  @Override
  public void close() {
    client.close(CloseMode.IMMEDIATE);
  }
}
