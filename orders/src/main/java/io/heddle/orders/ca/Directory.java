package io.heddle.orders.ca;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.shredzone.acme4j.Session;
import org.shredzone.acme4j.connector.Connection;
import org.shredzone.acme4j.connector.DefaultConnection;
import org.shredzone.acme4j.connector.HttpConnector;
import org.shredzone.acme4j.connector.NetworkSettings;
import org.shredzone.acme4j.provider.GenericAcmeProvider;

/** Any CA, as a provider for acme4j, with one transport and one clock for all sessions. */
final class Directory extends GenericAcmeProvider {
  private final Transport transport;
  private final CaClock clock = new CaClock();

  Directory(@Nullable SSLContext tls, Duration deadline) {
    this.transport = new Transport(tls, deadline);
  }

  @Override
  public boolean accepts(URI server) {
    return true;
  }

  /** The clock that the CA's answers show. */
  CaClock clock() {
    return clock;
  }

  @Override
  public Connection connect(URI server, NetworkSettings settings, HttpClient client) {
    return new Exchanges(createHttpConnector(settings, client));
  }

  /** For acme4j; exchanges ask the transport for its current client. */
  @Override
  public HttpClient createHttpClient(NetworkSettings settings) {
    return transport.client();
  }

  void close() {
    transport.close();
  }

  /** One exchange after the other, with this transport. */
  private final class Exchanges extends DefaultConnection {
    Exchanges(HttpConnector connector) {
      super(connector);
    }

    @Override
    protected void sendRequest(Session session, URL url, Consumer<HttpRequest.Builder> body)
        throws IOException {
      try {
        HttpRequest.Builder request =
            HttpRequest.newBuilder(url.toURI())
                .header("User-Agent", HttpConnector.defaultUserAgent())
                .header("Accept-Charset", "utf-8")
                .header("Accept-Language", session.getLanguageHeader());
        body.accept(request);
        lastResponse = transport.exchange(request.build());
        clock.saw(lastResponse);
      } catch (URISyntaxException e) {
        throw new IOException(url + " is not an address", e);
      } catch (InterruptedException e) {
        throw new IOException("interrupted", e); // acme4j's methods throw no other
      }
    }

    /** By the CA's clock, as all times here; acme4j's own method mixes two clocks. */
    @Override
    public Optional<Instant> getRetryAfter() {
      return Optional.ofNullable(lastResponse).flatMap(clock::retryAfter);
    }
  }
}
