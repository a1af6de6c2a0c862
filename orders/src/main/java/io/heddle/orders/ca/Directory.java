package io.heddle.orders.ca;

import java.net.URI;
import java.net.http.HttpClient;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.shredzone.acme4j.connector.NetworkSettings;
import org.shredzone.acme4j.provider.GenericAcmeProvider;

/** Any CA, with one HTTP client for all sessions, that trusts whom we say. */
final class Directory extends GenericAcmeProvider {
  private final @Nullable SSLContext tls;
  private @Nullable HttpClient client;

  Directory(@Nullable SSLContext tls) {
    this.tls = tls;
  }

  @Override
  public boolean accepts(URI server) {
    return true;
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
