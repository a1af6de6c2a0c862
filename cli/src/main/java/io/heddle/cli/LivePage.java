package io.heddle.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonSyntaxException;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * A program's live page, at the address that the program has printed.
 *
 * @param address without the token
 */
record LivePage(URI address, String token) {
  private static final String TOKEN = "token=";
  private static final int TIMEOUT_MILLIS = 10_000;

  /**
   * Splits the address.
   *
   * @throws IllegalArgumentException if it is not the address of a live page
   */
  static LivePage of(String url) {
    String use = "; use what the program has printed, http://127.0.0.1:PORT/#token=TOKEN";
    URI given;
    try {
      given = URI.create(url);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("this is not an address" + use, e);
    }
    if (!"http".equals(given.getScheme()) || given.getPort() < 0) {
      throw new IllegalArgumentException("this is not the address of a live page" + use);
    }
    String token = after(given.getFragment());
    token = token == null ? after(given.getQuery()) : token;
    if (token == null) {
      throw new IllegalArgumentException("the address has no token" + use);
    }
    return new LivePage(URI.create("http://" + given.getRawAuthority()), token);
  }

  private static @Nullable String after(@Nullable String part) {
    return part != null && part.startsWith(TOKEN) ? part.substring(TOKEN.length()) : null;
  }

  /**
   * Requests a JSON object.
   *
   * @throws IOException if there is no answer, or the answer is a refusal
   */
  JsonObject get(String path) throws IOException {
    HttpURLConnection connection =
        (HttpURLConnection) address.resolve(path).toURL().openConnection(Proxy.NO_PROXY);
    connection.setConnectTimeout(TIMEOUT_MILLIS);
    connection.setReadTimeout(TIMEOUT_MILLIS);
    connection.setRequestProperty("Authorization", "Bearer " + token);
    try {
      int status = connection.getResponseCode();
      try (InputStream in =
          status == HttpURLConnection.HTTP_OK
              ? connection.getInputStream()
              : connection.getErrorStream()) {
        String body = in == null ? "" : new String(in.readAllBytes(), UTF_8);
        if (status != HttpURLConnection.HTTP_OK) {
          throw new IOException("the program answers " + status + ": " + body.strip());
        }
        return JsonParser.parseString(body).getAsJsonObject();
      } catch (JsonSyntaxException | IllegalStateException e) {
        throw new IOException("the answer is not that of a live page", e);
      }
    } catch (java.net.ConnectException e) {
      throw new IOException(
          "nothing answers at " + address + ": the program has ended, or has another port", e);
    } finally {
      connection.disconnect();
    }
  }

  /** The address for a browser. */
  String url() {
    return address + "/#" + TOKEN + token;
  }
}
