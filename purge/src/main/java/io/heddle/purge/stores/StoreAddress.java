package io.heddle.purge.stores;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * The parts of an address of a store: {@code SCHEME://[USER[:PASSWORD]@]HOST[:PORT][,…][/PATH]}.
 *
 * @param text the address as given
 * @param form an example of a right one
 * @param user the user and the password, decoded, empty for none
 * @param servers the servers, at least one, each without a path
 * @param path the path, decoded, without the slash before it
 */
record StoreAddress(String text, String form, String user, List<URI> servers, String path) {
  private static final int MAX_PORT = 65_535;

  private static final Pattern LOOPBACK =
      Pattern.compile(
          "(?:.+\\.)?localhost\\.?|127(?:\\.\\d+){1,3}|0\\.0\\.0\\.0|[0:]+:0*[01]?|(?:[0:]*:)?ffff:127\\..*");

  /**
   * Parses an address.
   *
   * @throws IllegalArgumentException if the address is not of this form
   */
  static StoreAddress parse(String text, String form) {
    int start = text.indexOf("://") + 3;
    int end = start < 3 ? -1 : text.length();
    for (int i = Math.max(0, start); i < end; i++) {
      if ("/?#".indexOf(text.charAt(i)) >= 0) {
        end = i;
      }
    }
    String authority = end < 0 ? "" : text.substring(start, end);
    int at = authority.lastIndexOf('@');
    String scheme = end < 0 ? "" : text.substring(0, start);
    String rest = end < 0 ? text : text.substring(end);
    List<URI> servers = new ArrayList<>();
    String user = "";
    String path = "";
    for (String server : authority.substring(at + 1).split(",", -1)) {
      URI uri = uri(text, form, scheme + authority.substring(0, at + 1) + server + rest);
      user = uri.getUserInfo() == null ? "" : uri.getUserInfo();
      path = uri.getPath() == null ? "" : uri.getPath().replaceFirst("^/", "");
      servers.add(URI.create(scheme + server));
    }
    return new StoreAddress(text, form, user, List.copyOf(servers), path);
  }

  private static URI uri(String text, String form, String one) {
    URI uri;
    try {
      uri = new URI(one);
    } catch (URISyntaxException e) {
      throw isNotLike(text, form);
    }
    if (uri.getHost() == null || uri.getRawQuery() != null || uri.getRawFragment() != null) {
      throw isNotLike(text, form);
    }
    if (uri.getPort() > MAX_PORT) {
      throw new IllegalArgumentException("'" + shown(text) + "' has a port above " + MAX_PORT);
    }
    return uri;
  }

  private static IllegalArgumentException isNotLike(String text, String form) {
    return new IllegalArgumentException("'" + shown(text) + "' is not like " + form);
  }

  IllegalArgumentException isNotLike() {
    return isNotLike(text, form);
  }

  /** Rejects several servers where there can be only one. */
  URI server() {
    if (servers.size() > 1) {
      throw new IllegalArgumentException(
          "'" + shown(text) + "' has several servers, and only one is possible");
    }
    return servers.getFirst();
  }

  /** Whether a host is this machine, as far as its name or address tells. */
  static boolean isLocal(String host) {
    String name = host.replaceAll("[\\[\\]]", "").toLowerCase(Locale.ROOT);
    return LOOPBACK.matcher(name).matches();
  }

  /**
   * An address for messages, without the user and the password.
   *
   * @param address an address, or any text that was given as one
   */
  static String shown(String address) {
    return address.replaceFirst("(?s)^([\\w+-]+:/*)?.*@", "$1***@");
  }

  /** The address of a server, without the user and the password, which must not be shown. */
  static String place(URI uri) {
    return uri.getPort() < 0 ? uri.getHost() : uri.getHost() + ":" + uri.getPort();
  }

  /** The address of an HTTP API, which may be one of several on its server. */
  static String place(URI api, URI service) {
    String path = api.getRawPath() == null ? "" : api.getRawPath().replaceFirst("/+$", "");
    return api.equals(service) ? place(api) : place(api) + path;
  }
}
