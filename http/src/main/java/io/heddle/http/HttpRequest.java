package io.heddle.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLDecoder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request as it came: the path's components and the query decoded, header names in lower case.
 */
public record HttpRequest(
    String method,
    List<String> path,
    Map<String, String> query,
    Map<String, String> headers,
    byte[] body) {

  static HttpRequest of(String method, String target, Map<String, String> headers, byte[] body) {
    int mark = target.indexOf('?');
    String path = mark < 0 ? target : target.substring(0, mark);
    String query = mark < 0 ? "" : target.substring(mark + 1);
    List<String> components =
        Arrays.stream(path.substring(Math.min(1, path.length())).split("/", -1))
            .map(HttpRequest::decode)
            .toList();
    return new HttpRequest(method, components, query(query), headers, body);
  }

  private static Map<String, String> query(String query) {
    Map<String, String> values = new HashMap<>();
    for (String pair : query.split("&", -1)) {
      if (!pair.isEmpty()) {
        int equals = pair.indexOf('=');
        String name = equals < 0 ? pair : pair.substring(0, equals);
        String value = equals < 0 ? "" : pair.substring(equals + 1);
        values.put(URLDecoder.decode(name, UTF_8), URLDecoder.decode(value, UTF_8));
      }
    }
    return values;
  }

  /** Unlike in a query, a plus is a plus in a path. */
  private static String decode(String component) {
    return component.indexOf('%') < 0
        ? component
        : URLDecoder.decode(component.replace("+", "%2B"), UTF_8);
  }

  /**
   * A header.
   *
   * @param name its name, in any case
   * @return its value, null if there is none
   */
  public @Nullable String header(String name) {
    return headers.get(name.toLowerCase(Locale.ROOT));
  }
}
