package io.heddle.orders.api;

import org.apache.hc.client5.http.psl.DomainType;
import org.apache.hc.client5.http.psl.PublicSuffixMatcher;
import org.apache.hc.client5.http.psl.PublicSuffixMatcherLoader;
import org.jspecify.annotations.Nullable;

/**
 * Tells which names public CAs certify: those below a public suffix of the list's ICANN section.
 * The list comes with the library. Names for special use (RFC 6761) are not below such a suffix,
 * except for {@code .onion}.
 */
final class PublicNames {
  private static final String ONION = ".onion";
  private static final PublicSuffixMatcher SUFFIXES = PublicSuffixMatcherLoader.getDefault();

  private PublicNames() {}

  /**
   * The reason why no public CA certifies a name.
   *
   * @param name in lower case and ASCII, maybe a wildcard
   * @return the reason, null if a public CA may certify the name
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
