package io.heddle.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A request as it came.
 *
 * @param method GET, POST and so on, in capitals as a rule
 * @param path the components of the path, decoded: {@code /a/b%20c} has two. Of {@code OPTIONS *}
 *     it is the star.
 * @param query the query's parameters, decoded; of several with one name the last
 * @param headers the headers, their names in lower case; of several with one name the values, with
 *     commas between them
 * @param body the whole body, empty if there is none
 */
public record HttpRequest(
    String method,
    List<String> path,
    Map<String, String> query,
    Map<String, String> headers,
    byte[] body) {
  private static final Pattern ABSOLUTE = Pattern.compile("(?i)https?://([^/?]+)(.*)");

  /** A request without its body. */
  static HttpRequest of(String method, String target, Map<String, String> headers)
      throws HttpException {
    if (!target.chars().allMatch(c -> c > ' ' && c < 0x7f && c != '#')) {
      throw HttpException.malformed("not a target");
    }
    String relative = target;
    if (!target.startsWith("/")) {
      Matcher absolute = ABSOLUTE.matcher(target);
      if (absolute.matches()) {
        headers.put("host", absolute.group(1));
        relative = absolute.group(2).startsWith("/") ? absolute.group(2) : "/" + absolute.group(2);
      } else if (method.equals("OPTIONS") && target.equals("*")) {
        relative = "/*";
      } else {
        throw HttpException.malformed("not a target");
      }
    }
    int mark = relative.indexOf('?');
    String path = mark < 0 ? relative : relative.substring(0, mark);
    String query = mark < 0 ? "" : relative.substring(mark + 1);
    try {
      List<String> components =
          Arrays.stream(path.substring(1).split("/", -1)).map(HttpRequest::decode).toList();
      return new HttpRequest(method, components, query(query), headers, new byte[0]);
    } catch (IllegalArgumentException e) {
      throw HttpException.malformed("a target that is not well encoded");
    }
  }

  HttpRequest with(byte[] body) {
    return new HttpRequest(method, path, query, headers, body);
  }

  private static Map<String, String> query(String query) {
    Map<String, String> values = new HashMap<>();
    for (String pair : query.split("&", -1)) {
      if (!pair.isEmpty()) {
        int equals = pair.indexOf('=');
        String name = equals < 0 ? pair : pair.substring(0, equals);
        String value = equals < 0 ? "" : pair.substring(equals + 1);
        values.put(percentDecoded(name), percentDecoded(value));
      }
    }
    return values;
  }

  /** Unlike in a query, a plus is a plus in a path. */
  private static String decode(String component) {
    return component.indexOf('%') < 0 ? component : percentDecoded(component.replace("+", "%2B"));
  }

  /** Unlike {@link URLDecoder} with UTF-8, rejects what is no UTF-8 instead of replacing it. */
  private static String percentDecoded(String text) {
    byte[] bytes = URLDecoder.decode(text, ISO_8859_1).getBytes(ISO_8859_1);
    try {
      return UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(e);
    }
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
