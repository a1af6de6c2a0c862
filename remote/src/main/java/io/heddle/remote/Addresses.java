package io.heddle.remote;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What an address may show of itself. */
final class Addresses {
  /** A file's name on Windows begins with one letter. */
  private static final Pattern SCHEME = Pattern.compile("[a-z][a-z0-9+.-]+:");

  private Addresses() {}

  /**
   * An address without its user, password and parameters, which may contain a password, too. If
   * an @ follows a question mark, it is uncertain where the password ends, and nothing of it is
   * shown. Neither is an address that lacks the slashes after its scheme.
   */
  static String withoutCredentials(String address) {
    int scheme = address.indexOf("://");
    if (scheme < 0) {
      Matcher start = SCHEME.matcher(address);
      return start.lookingAt() ? start.group() + "…" : address;
    }
    String start = address.substring(0, scheme + 3);
    String rest = address.substring(scheme + 3);
    int query = rest.indexOf('?');
    if (query >= 0 && rest.indexOf('@', query) >= 0) {
      return start + "…";
    }
    String place = query < 0 ? rest : rest.substring(0, query);
    return start + place.substring(place.lastIndexOf('@') + 1);
  }
}
