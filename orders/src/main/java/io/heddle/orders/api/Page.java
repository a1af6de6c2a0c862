package io.heddle.orders.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The web page. It contains no data: the browser gets those from the API, with the user's token.
 * The token is in no address and in no cookie, so another site can neither learn nor use it.
 */
final class Page {
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:;"
          + " form-action 'none'; base-uri 'none'; frame-ancestors 'none';"
          + " require-trusted-types-for 'script'; trusted-types 'none'";

  private static final Map<String, String> TYPES =
      Map.of("html", "text/html", "css", "text/css", "js", "text/javascript");

  private static final Map<String, String> FILES =
      Map.of("", "page.html", "page.css", "page.css", "page.js", "page.js");

  private Page() {}

  /**
   * A file of the page.
   *
   * @param path the path without the first slash
   * @return null if the page has no such file
   */
  static @Nullable ApiResponse file(String path) {
    String name = FILES.get(path);
    if (name == null) {
      return null;
    }
    try (InputStream in = Page.class.getResourceAsStream(name)) {
      String type = TYPES.get(name.substring(name.lastIndexOf('.') + 1));
      String text = new String(Objects.requireNonNull(in, name).readAllBytes(), UTF_8);
      return ApiResponse.of(200, type + "; charset=utf-8", text)
          .with("Content-Security-Policy", POLICY)
          .with("X-Content-Type-Options", "nosniff")
          .with("Referrer-Policy", "no-referrer")
          .with("Cross-Origin-Resource-Policy", "same-origin")
          .with("Cross-Origin-Opener-Policy", "same-origin")
          .with("Cache-Control", "no-cache");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
