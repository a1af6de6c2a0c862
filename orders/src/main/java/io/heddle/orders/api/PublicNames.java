package io.heddle.orders.api;

import org.apache.hc.client5.http.psl.DomainType;
import org.apache.hc.client5.http.psl.PublicSuffixMatcher;
import org.apache.hc.client5.http.psl.PublicSuffixMatcherLoader;
import org.jspecify.annotations.Nullable;

/**
 * Which names CAs of the public internet certify: those below a public suffix that ICANN or a
 * registry has, by the list that the library brings along. So no name for special use (RFC 6761) is
 * among them, as none of those is below one, but for {@code .onion}.
 */
final class PublicNames {
  private static final String ONION = ".onion";
  private static final PublicSuffixMatcher SUFFIXES = PublicSuffixMatcherLoader.getDefault();

  private PublicNames() {}

  /**
   * Why no such CA certifies a name.
   *
   * @param name in lower case and ASCII, maybe a wildcard
   * @return null if one may
   */
  static @Nullable String problem(String name) {
    String domain = name.startsWith("*.") ? name.substring(2) : name;
    if (domain.endsWith(ONION)) {
      return "'" + name + "' is an onion service, whose control no challenge here proves";
    }
    if (isBelowSuffix(domain)) {
      return null;
    }
    return isBelowSuffix("any." + domain)
        ? "'" + domain + "' is a public suffix: others register names below it"
        : "'" + name + "' is not below a public suffix: no CA of the public internet certifies it";
  }

  private static boolean isBelowSuffix(String domain) {
    return SUFFIXES.getDomainRoot(domain, DomainType.ICANN) != null;
  }
}
