package io.heddle.orders.pipeline;

import io.heddle.orders.Order;
import io.heddle.orders.Problem;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Whom a rate limit of the CA holds up. There are limits for an account, for a domain and all below
 * it, for an exact set of names, and for an address of the internet; the problem's type is the same
 * for all. So it is read from the detail, as far as that says, and without such a word the limit is
 * the order's own: another order that it concerns finds out by itself.
 */
sealed interface Reach {
  /** One order. */
  record Alone() implements Reach {}

  /**
   * Orders with these domains, or with names below them.
   *
   * @param names of domains that the CA names and the order is about
   */
  record Domains(Set<String> names) implements Reach {
    public Domains {
      names = Set.copyOf(names);
    }
  }

  /** All that the account asks for in the same way. */
  record Account() implements Reach {}

  /** All that comes from here. */
  record Everything() implements Reach {}

  /** Addresses of documents, which name the CA's own domain. */
  Pattern URLS = Pattern.compile("https?://\\S+");

  Pattern BETWEEN_NAMES = Pattern.compile("[^a-z0-9.-]+");

  Pattern EVERYTHING =
      Pattern.compile(
          "\\bip(v[46])?[- ](address|range)|ipv6 addresses|service busy|too many requests");

  Pattern ACCOUNT = Pattern.compile("(this|your|per)[- ]account");

  /**
   * What a problem says about an order that met it.
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
