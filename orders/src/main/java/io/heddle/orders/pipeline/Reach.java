package io.heddle.orders.pipeline;

import io.heddle.orders.Order;
import io.heddle.orders.Problem;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The orders that a rate limit of the CA affects. There are limits for an account, for a domain and
 * all names below it, for an exact set of names, and for an IP address; the problem's type is the
 * same for all. So the kind of limit is derived from the detail. If the detail does not show it,
 * the limit is treated as the order's own; other affected orders will meet it themselves.
 */
sealed interface Reach {
  /** One order. */
  record Alone() implements Reach {}

  /**
   * Orders with these domains, or with names below them.
   *
   * @param names domains that the CA mentions and that the order contains
   */
  record Domains(Set<String> names) implements Reach {
    public Domains {
      names = Set.copyOf(names);
    }
  }

  /** All requests of the account of the same kind. */
  record Account() implements Reach {}

  /** All requests from this IP address. */
  record Everything() implements Reach {}

  /** Addresses of documents, which contain the CA's own domain. */
  Pattern URLS = Pattern.compile("https?://\\S+");

  Pattern BETWEEN_NAMES = Pattern.compile("[^a-z0-9.-]+");

  Pattern EVERYTHING =
      Pattern.compile(
          "\\bip(v[46])?[- ](address|range)|ipv6 addresses|service busy|too many requests");

  Pattern ACCOUNT = Pattern.compile("(this|your|per)[- ]account");

  /**
   * The orders that a limit affects.
   *
   * @param limit a problem of the type rateLimited
   */
  static Reach of(Problem limit, Order order) {
    String detail = String.valueOf(limit.detail()).toLowerCase(Locale.ROOT);
    Set<String> named =
        Arrays.stream(BETWEEN_NAMES.split(URLS.matcher(detail).replaceAll(" ")))
            .map(word -> word.replaceAll("^[.-]+|[.-]+$", ""))
            .filter(word -> word.contains("."))
            .filter(word -> order.request().domains().stream().anyMatch(name -> isIn(name, word)))
            .collect(Collectors.toSet());
    if (!named.isEmpty()) {
      return new Domains(named);
    }
    if (EVERYTHING.matcher(detail).find()) {
      return new Everything();
    }
    return ACCOUNT.matcher(detail).find() ? new Account() : new Alone();
  }

  /** Whether a name is a domain or below it. */
  static boolean isIn(String name, String domain) {
    return name.equals(domain) || name.endsWith("." + domain);
  }
}
