package io.heddle.queue;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.Properties;

/**
 * The address of a database, and the credentials.
 *
 * @param name its name for people, without the password
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
    // Not getHost: a URI cannot have several hosts, as they are given for failover.
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

  static String withPassword(String text, String password) {
    int begin = text.indexOf("://") + 3;
    int end = text.indexOf('/', begin);
    String authority = text.substring(begin, end < 0 ? text.length() : end);
    int at = authority.lastIndexOf('@');
    if (begin < 3 || at < 0 || authority.lastIndexOf(':', at) >= 0) {
      return text;
    }
    String encoded = URLEncoder.encode(password, StandardCharsets.UTF_8).replace("+", "%20");
    return text.substring(0, begin + at) + ":" + encoded + text.substring(begin + at);
  }

  private static Properties defaults() {
    Properties properties = new Properties();
    properties.setProperty("ApplicationName", "heddle queue");
    properties.setProperty("connectTimeout", "10");
    properties.setProperty("socketTimeout", "30"); // a server that does not answer has failed
    properties.setProperty("tcpKeepAlive", "true");
    // If a worker is cut off in a transaction, the server releases its rows.
    properties.setProperty("options", "-c idle_in_transaction_session_timeout=30000");
    return properties;
  }

  private static String decode(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  private static QueueException wrong() {
    return new QueueException(
        "the address of a PostgreSQL queue is postgresql://USER:PASSWORD@HOST:PORT/DATABASE;"
            + " special characters of the password URL-encoded"); // without quoting the address,
    // which may contain a password
  }

  QueueException failure(SQLException e) {
    // If a pool times out while connecting, the cause is the reason.
    Throwable cause = e instanceof SQLTransientConnectionException ? e.getCause() : null;
    String reason = (cause == null ? e : cause).getMessage();
    return new QueueException("the queue " + name + " failed: " + reason, e);
  }
}
