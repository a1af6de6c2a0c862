package io.heddle.orders.store;

import io.heddle.orders.Order;
import io.heddle.queue.Search;
import io.heddle.queue.Term;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The terms by which orders are found: their names, and serial number and expiry once issued. */
public final class OrderTerms {
  private static final String NAME = "name ";
  private static final String SERIAL = "serial ";
  private static final String EXPIRY = "expiry";

  /** The rank of a name of the order itself, and of a name of which the order has a subdomain. */
  private static final long EXACT = 0;

  private static final long BELOW = 1;

  private OrderTerms() {}

  /** All terms of an order. */
  public static List<Term> of(Order order) {
    Map<String, Long> terms = new HashMap<>();
    for (String name : order.request().domains()) {
      terms.put(NAME + name, EXACT);
      int dot = name.indexOf('.');
      while (dot >= 0 && name.indexOf('.', dot + 1) >= 0) { // not the top-level domain
        terms.putIfAbsent(NAME + name.substring(dot + 1), BELOW);
        dot = name.indexOf('.', dot + 1);
      }
    }
    Order.Certificate certificate = order.certificate();
    if (certificate != null) {
      terms.put(SERIAL + serial(certificate.serial()), EXACT);
      terms.put(EXPIRY, certificate.notAfter().toEpochMilli());
    }
    return terms.entrySet().stream().map(one -> new Term(one.getKey(), one.getValue())).toList();
  }

  /** Searches for orders with a name or names below it; those with the name itself come first. */
  public static Search named(String domain) {
    return Search.of(NAME + domain.toLowerCase(Locale.ROOT));
  }

  /**
   * Searches for the order of a certificate.
   *
   * @param serial the serial number in hexadecimal, in any of its usual forms
   */
  public static Search ofSerial(String serial) {
    return Search.of(SERIAL + serial(serial));
  }

  /** Searches for issued orders whose certificates expire until a time, the earliest first. */
  public static Search expiringUntil(Instant time) {
    return Search.of(EXPIRY).upTo(time.toEpochMilli());
  }

  private static String serial(String text) {
    return text.toLowerCase(Locale.ROOT).replaceAll("[: ]|^0x", "").replaceFirst("^0+(?=.)", "");
  }
}
