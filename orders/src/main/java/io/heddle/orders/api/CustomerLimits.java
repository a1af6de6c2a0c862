package io.heddle.orders.api;

import io.heddle.orders.store.Quotas;
import io.heddle.orders.telemetry.Log;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;

/** The limits of each customer: quotas, and the domains that the customer may order. */
public final class CustomerLimits {
  /** The name of the line for customers without one. */
  private static final String OTHERS = "*";

  /** The limits of customers without a line. */
  private static final Limit DEFAULT = new Limit(new Quotas(300, 1000, 30), List.of());

  private static final Limit NONE = new Limit(Quotas.NONE, List.of());

  private final Supplier<Map<String, Limit>> lines;
  private final Runnable reload;

  /**
   * The limits of a customer.
   *
   * @param domains the domains that the customer may order, with all names below them; empty for
   *     any
   */
  record Limit(Quotas quotas, List<String> domains) {
    /** Whether a name may be ordered. */
    boolean permits(String name) {
      String domain = name.startsWith("*.") ? name.substring(2) : name;
      return domains.isEmpty()
          || domains.stream().anyMatch(one -> domain.equals(one) || domain.endsWith("." + one));
    }
  }

  private CustomerLimits(Supplier<Map<String, Limit>> lines, Runnable reload) {
    this.lines = lines;
    this.reload = reload;
  }

  /** 300 orders an hour, 1,000 open orders and 30 replays an hour, but none for {@code admin}. */
  public static CustomerLimits standard() {
    return new CustomerLimits(Map::of, () -> {});
  }

  /** No limits for any customer. */
  public static CustomerLimits none() {
    return new CustomerLimits(() -> Map.of(OTHERS, NONE), () -> {});
  }

  /**
   * Reads limits from a file, and reads them again when it changes.
   *
   * @param file a line for each customer: the name, or {@code *} for all that have no line, and any
   *     of {@code orders=N}, {@code open=N}, {@code replays=N} and {@code domains=NAME,NAME…}
   * @param log records that the file was read again, or could not be used
   * @throws IOException if it cannot be read, or a line is malformed; the message says which
   */
  public static CustomerLimits read(Path file, Log log) throws IOException {
    WatchedFile<Map<String, Limit>> watched =
        new WatchedFile<>(List.of(file), "limits", log, () -> parse(file));
    return new CustomerLimits(watched::content, watched::reloadIfChanged);
  }

  /** The limits of a customer. */
  Limit of(String customer) {
    Map<String, Limit> known = lines.get();
    Limit own = known.get(customer);
    if (own != null) {
      return own;
    }
    return customer.equals(Tokens.ADMIN) ? NONE : known.getOrDefault(OTHERS, DEFAULT);
  }

  void reloadIfChanged() {
    reload.run();
  }

  private static Map<String, Limit> parse(Path file) throws IOException {
    Map<String, Limit> limits = new HashMap<>();
    List<String> lines = Files.readAllLines(file);
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      String[] parts = line.split("\\s+", -1);
      try {
        if (limits.put(parts[0], parse(parts)) != null) {
          throw new IllegalArgumentException("'" + parts[0] + "' has a line already");
        }
      } catch (IllegalArgumentException e) {
        throw new IOException(file + ", line " + (i + 1) + ": " + e.getMessage(), e);
      }
    }
    return limits;
  }

  private static Limit parse(String[] parts) {
    Map<String, Integer> counts = new HashMap<>();
    List<String> domains = new ArrayList<>();
    for (String part : List.of(parts).subList(1, parts.length)) {
      String[] setting = part.split("=", 2);
      String value = setting.length == 2 ? setting[1] : "";
      switch (setting[0]) {
        case "orders", "open", "replays" -> counts.put(setting[0], count(part, value));
        case "domains" -> domains.addAll(domains(part, value));
        default ->
            throw new IllegalArgumentException(
                "'" + part + "' is none of orders=N, open=N, replays=N, domains=NAME,NAME");
      }
    }
    Quotas standard = DEFAULT.quotas();
    return new Limit(
        new Quotas(
            Objects.requireNonNullElse(counts.get("orders"), standard.orders()),
            Objects.requireNonNullElse(counts.get("open"), standard.open()),
            Objects.requireNonNullElse(counts.get("replays"), standard.replays())),
        List.copyOf(domains));
  }

  private static List<String> domains(String part, String value) {
    List<String> domains = List.of(value.toLowerCase(Locale.ROOT).split(",", -1));
    if (domains.contains("")) {
      throw new IllegalArgumentException("'" + part + "' has an empty name");
    }
    return domains;
  }

  private static int count(String part, String value) {
    try {
      int count = Integer.parseInt(value);
      if (count >= 0) {
        return count;
      }
    } catch (NumberFormatException e) {
      // as if it were negative
    }
    throw new IllegalArgumentException("'" + part + "' needs a number, 0 for no limit");
  }
}
