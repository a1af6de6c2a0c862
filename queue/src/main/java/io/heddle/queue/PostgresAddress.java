package io.heddle.queue;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.Properties;

/**
 * Where a database is and how to log in.
 *
 * @param name names it to people, without the password
 */
record PostgresAddress(String name, String url, Properties properties) {
  static PostgresAddress parse(String text) throws QueueException {
    URI uri;
    try {
      uri = new URI(text);
    } catch (URISyntaxException e) {
      throw wrong();
    }
    String scheme = uri.getScheme();
    boolean known = "postgresql".equals(scheme) || "postgres".equals(scheme);
    if (!known || uri.getRawAuthority() == null || uri.getRawPath().length() < 2) {
      throw wrong();
    }
    // Not getHost: several hosts, for failover, are no host of a URI.
    String authority = uri.getRawAuthority();
    int at = authority.lastIndexOf('@');
    String place = authority.substring(at + 1) + uri.getRawPath();
    Properties properties = defaults();
    if (at >= 0) {
      String login = authority.substring(0, at);
      int colon = login.indexOf(':');
      properties.setProperty("user", decode(colon < 0 ? login : login.substring(0, colon)));
      if (colon >= 0) {
        properties.setProperty("password", decode(login.substring(colon + 1)));
      }
    }
    String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
    return new PostgresAddress(
        "postgresql://" + place, "jdbc:postgresql://" + place + query, properties);
  }

  private static Properties defaults() {
    Properties properties = new Properties();
    properties.setProperty("ApplicationName", "heddle queue");
    properties.setProperty("connectTimeout", "10");
    properties.setProperty("socketTimeout", "30"); // a server that hangs is one that failed
    properties.setProperty("tcpKeepAlive", "true");
    // A worker that is cut off in a transaction gives its rows back.
    properties.setProperty("options", "-c idle_in_transaction_session_timeout=30000");
    return properties;
  }

  private static String decode(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  private static QueueException wrong() {
    return new QueueException(
        "the address of a PostgreSQL queue is postgresql://USER:PASSWORD@HOST:PORT/DATABASE;"
            + " special characters of the password URL-encoded"); // and says nothing of what was
    // given
  }

  QueueException failure(SQLException e) {
    // A pool that waited in vain for a connection has the reason as its cause.
    Throwable cause = e instanceof SQLTransientConnectionException ? e.getCause() : null;
    String reason = (cause == null ? e : cause).getMessage();
    return new QueueException("the queue " + name + " failed: " + reason, e);
  }
}
