package io.heddle.preflight;

import java.net.IDN;
import java.util.Locale;
import java.util.regex.Pattern;

/** The rules of CAs for domain names. */
final class DomainName {
  private static final int MAX_LENGTH = 253;
  private static final Pattern LABEL = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");
  private static final Pattern DIGITS = Pattern.compile("[0-9]+");

  private DomainName() {}

  /** The name in lower case, in ASCII, and without a final dot. */
  static String checked(String name) {
    String host = name.startsWith("*.") ? name.substring(2) : name;
    String plain = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
    String ascii;
    try {
      ascii = IDN.toASCII(plain).toLowerCase(Locale.ROOT);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "'" + name + "' is not a domain name: " + e.getMessage(), e);
    }
    if (!isHost(ascii)) {
      throw new IllegalArgumentException(
          "'" + name + "' is not a domain name: example.org, *.example.org, bücher.example");
    }
    return name.startsWith("*.") ? "*." + ascii : ascii;
  }

  /** Whether it is a name with at least two labels of letters, digits and hyphens. */
  static boolean isHost(String name) {
    String[] labels = name.split("\\.", -1);
    if (name.length() > MAX_LENGTH || labels.length < 2) {
      return false;
    }
    for (String label : labels) {
      if (!LABEL.matcher(label).matches()) {
        return false;
      }
    }
    return !DIGITS
        .matcher(labels[labels.length - 1])
        .matches(); // an IPv4 address, or a part of one
  }
}
