package io.heddle.preflight;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;

/**
 * The target of a redirect. It is parsed as leniently as by a CA, which rules out {@link
 * java.net.URI}: characters that are not allowed are escaped. A user, a password and a fragment are
 * dropped.
 *
 * @param host in lower case, IPv6 addresses in brackets; may be empty
 * @param port -1 if none is given
 * @param path begins with a slash
 * @param query with its question mark; may be empty
 */
record Url(String scheme, String host, int port, String path, String query) {
  /** Characters that would make a request line invalid. */
  private static final String ESCAPED = " \"<>\\^`{|}";

  static Url http(String host, String path) {
    return new Url("http", host, -1, path, "");
  }

  /** The path and the query. */
  String target() {
    return path + query;
  }

  /** The length of the path without its escapes. */
  int pathLength() {
    return path.length() - 2 * (int) path.chars().filter(c -> c == '%').count();
  }

  String authority() {
    return port < 0 ? host : host + ":" + port;
  }

  @Override
  public String toString() {
    return scheme + "://" + authority() + target();
  }

  /**
   * The meaning of a Location header that was sent for this address.
   *
   * @throws IllegalArgumentException if it is malformed
   */
  Url resolve(String location) {
    String rest = escaped(location.strip());
    int fragment = rest.indexOf('#');
    rest = fragment < 0 ? rest : rest.substring(0, fragment);
    int colon = rest.indexOf(':');
    String newScheme = scheme;
    if (colon > 0 && rest.substring(0, colon).matches("[A-Za-z][A-Za-z0-9+.-]*")) {
      newScheme = rest.substring(0, colon).toLowerCase(Locale.ROOT);
      rest = rest.substring(colon + 1);
      if (!rest.startsWith("//")) {
        return new Url(newScheme, "", -1, "/", "");
      }
    }
    if (rest.startsWith("//")) {
      int end = indexOfAny(rest, "/?", 2);
      return withAuthority(newScheme, rest.substring(2, end)).withTarget(rest.substring(end));
    }
    if (rest.isEmpty()) {
      return this;
    }
    if (rest.startsWith("?")) {
      return new Url(scheme, host, port, path, rest);
    }
    return withTarget(
        rest.startsWith("/") ? rest : path.substring(0, path.lastIndexOf('/') + 1) + rest);
  }

  private static Url withAuthority(String scheme, String text) {
    String authority = text.substring(text.lastIndexOf('@') + 1).toLowerCase(Locale.ROOT);
    int bracket = authority.indexOf(']');
    int colon = authority.indexOf(':', Math.max(bracket, 0));
    String host = colon < 0 ? authority : authority.substring(0, colon);
    String port = colon < 0 ? "" : authority.substring(colon + 1);
    boolean hasBrackets = host.startsWith("[") && host.endsWith("]");
    if (text.contains("%5C")) {
      throw new IllegalArgumentException("there is a backslash before the path");
    }
    if (!hasBrackets && !host.matches("[a-z0-9._-]*")) {
      throw new IllegalArgumentException("the host is malformed");
    }
    if (port.isEmpty()) {
      return new Url(scheme, host, -1, "/", "");
    }
    if (!port.matches("[0-9]{1,5}")) {
      throw new IllegalArgumentException("the port is malformed");
    }
    return new Url(scheme, host, Integer.parseInt(port), "/", "");
  }

  private Url withTarget(String target) {
    int mark = target.indexOf('?');
    String newPath = mark < 0 ? target : target.substring(0, mark);
    return new Url(
        scheme, host, port, withoutDots(newPath), mark < 0 ? "" : target.substring(mark));
  }

  /** RFC 3986, section 5.2.4. */
  private static String withoutDots(String path) {
    Deque<String> segments = new ArrayDeque<>();
    String[] all = path.split("/", -1);
    for (int i = 1; i < all.length; i++) {
      boolean isLast = i == all.length - 1;
      if (all[i].equals("..")) {
        segments.pollLast();
      } else if (!all[i].equals(".")) {
        segments.addLast(all[i]);
        continue;
      }
      if (isLast) {
        segments.addLast("");
      }
    }
    return "/" + String.join("/", segments);
  }

  /** The bytes of a header are Latin-1 here; those that are not ASCII were most likely UTF-8. */
  private static String escaped(String location) {
    StringBuilder escaped = new StringBuilder();
    for (int i = 0; i < location.length(); i++) {
      char c = location.charAt(i);
      if (c < ' ' || c == 0x7f) {
        throw new IllegalArgumentException("there is a control character in it");
      }
      if (c > 0x7f && c <= 0xff) {
        escaped.append("%%%02X".formatted((int) c));
      } else if (c > 0xff) {
        for (byte one : String.valueOf(c).getBytes(UTF_8)) {
          escaped.append("%%%02X".formatted(one & 0xff));
        }
      } else if (ESCAPED.indexOf(c) >= 0) {
        escaped.append("%%%02X".formatted((int) c));
      } else {
        escaped.append(c);
      }
    }
    return escaped.toString();
  }

  private static int indexOfAny(String text, String characters, int from) {
    for (int i = from; i < text.length(); i++) {
      if (characters.indexOf(text.charAt(i)) >= 0) {
        return i;
      }
    }
    return text.length();
  }
}
