package io.heddle.orders.ca;

import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.shredzone.acme4j.Session;
import org.shredzone.acme4j.connector.Connection;
import org.shredzone.acme4j.connector.DefaultConnection;
import org.shredzone.acme4j.connector.HttpConnector;
import org.shredzone.acme4j.connector.NetworkSettings;
import org.shredzone.acme4j.provider.GenericAcmeProvider;

/** Any CA, with one HTTP client for all sessions, that trusts whom we say, and its clock. */
final class Directory extends GenericAcmeProvider {
  private final @Nullable SSLContext tls;
  private final CaClock clock = new CaClock();
  private @Nullable HttpClient client;

  Directory(@Nullable SSLContext tls) {
    this.tls = tls;
  }

  @Override
  public boolean accepts(URI server) {
    return true;
  }

  /** What the CA's answers tell of its clock. */
  CaClock clock() {
    return clock;
  }

  @Override
  public Connection connect(URI server, NetworkSettings settings, HttpClient client) {
    return new Watched(createHttpConnector(settings, client));
  }

  private final class Watched extends DefaultConnection {
    Watched(HttpConnector connector) {
      super(connector);
    }

    @Override
    protected void sendRequest(Session session, URL url, Consumer<HttpRequest.Builder> body)
        throws IOException {
      super.sendRequest(session, url, body);
      HttpResponse<?> response = lastResponse;
      if (response != null) {
        response.headers().firstValue("Date").ifPresent(clock::saw);
      }
    }
  }

  @Override
  public synchronized HttpClient createHttpClient(NetworkSettings settings) {
    HttpClient made = client;
    if (made == null) {
      HttpClient.Builder builder =
          HttpClient.newBuilder()
              .connectTimeout(settings.getTimeout())
              .followRedirects(HttpClient.Redirect.NORMAL);
      if (tls != null) {
        builder.sslContext(tls);
      }
      made = builder.build();
      client = made;
    }
    return made;
  }

  synchronized void close() {
    if (client != null) {
      client.shutdownNow();
    }
  }
}
