package io.heddle.remote;

/** What an address may show of itself. */
final class Addresses {
  private Addresses() {}

  /**
   * An address without its user, password and parameters, which may contain a password, too. If
   * an @ follows a question mark, it is uncertain where the password ends, and nothing of it is
   * shown.
   */
  static String withoutCredentials(String address) {
    int scheme = address.indexOf("://");
    if (scheme < 0) {
      return address;
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
