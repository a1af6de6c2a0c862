package io.heddle.orders.api;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.heddle.orders.OrderState;
import io.heddle.orders.store.OrderStore;
import io.heddle.orders.store.OrderTerms;
import io.heddle.orders.store.StoredOrder;
import io.heddle.queue.QueueException;
import io.heddle.queue.Search;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Lists and searches orders. */
final class OrderList {
  private static final int MAX_PAGE = 200;
  private static final int PAGE = 50;

  private final OrderStore store;
  private final Consumer<StoredOrder> unreadable;

  /**
   * Makes the list.
   *
   * @param unreadable notified of orders that cannot be read
   */
  OrderList(OrderStore store, Consumer<StoredOrder> unreadable) {
    this.store = store;
    this.unreadable = unreadable;
  }

  JsonObject answer(Tokens.Caller caller, ApiRequest request)
      throws ProblemException, QueueException, InterruptedException {
    Map<String, String> query =
        request.query("state", "customer", "domain", "serial", "expires_before", "after", "limit");
    OrderState state = state(query.get("state"));
    String customer = customer(caller, query.get("customer"));
    int limit = limit(query);
    Search search = search(query);
    String after = query.get("after");
    OrderStore.Found page;
    if (search == null) {
      OrderStore.Page listed = store.list(state, customer, position(after), limit);
      page =
          new OrderStore.Found(
              listed.orders(), listed.next() == null ? null : listed.next().toString());
    } else {
      try {
        page = store.search(search, state, customer, after, limit);
      } catch (IllegalArgumentException e) {
        throw ProblemException.badQuery("after must be what next was in the page before");
      }
    }
    JsonArray orders = new JsonArray();
    page.orders().stream().filter(StoredOrder::isUnreadable).forEach(unreadable);
    page.orders().forEach(order -> orders.add(OrderView.of(order)));
    JsonObject json = new JsonObject();
    json.add("orders", orders);
    if (page.next() != null) {
      json.addProperty("next", page.next());
    }
    return json;
  }

  /** The customer whose data a caller gets: of the administrator's choice, or the caller. */
  static @Nullable String customer(Tokens.Caller caller, @Nullable String wanted)
      throws ProblemException {
    if (!caller.isAdmin() && wanted != null && !wanted.equals(caller.name())) {
      throw new ProblemException(
          403, "not-admin", "Not allowed", "only the customer 'admin' may name another customer");
    }
    return caller.isAdmin() ? wanted : caller.name();
  }

  static int limit(Map<String, String> query) throws ProblemException {
    String text = query.getOrDefault("limit", String.valueOf(PAGE));
    if (!text.matches("\\d{1,3}")
        || Integer.parseInt(text) < 1
        || Integer.parseInt(text) > MAX_PAGE) {
      throw ProblemException.badQuery("limit must be 1 to " + MAX_PAGE);
    }
    return Integer.parseInt(text);
  }

  /** The position after which a page begins. */
  static long position(@Nullable String after) throws ProblemException {
    if (after == null) {
      return 0;
    }
    if (!after.matches("\\d{1,18}")) {
      throw ProblemException.badQuery("after must be what next was in the page before");
    }
    return Long.parseLong(after);
  }

  private static @Nullable OrderState state(@Nullable String label) throws ProblemException {
    try {
      return label == null ? null : OrderState.of(label);
    } catch (IllegalArgumentException e) {
      throw ProblemException.badQuery(String.valueOf(e.getMessage()));
    }
  }

  private static @Nullable Search search(Map<String, String> query) throws ProblemException {
    List<String> given =
        Stream.of("domain", "serial", "expires_before").filter(query::containsKey).toList();
    if (given.size() > 1) {
      throw ProblemException.badQuery("search by one of " + String.join(", ", given));
    }
    if (given.isEmpty()) {
      return null;
    }
    String text = Objects.requireNonNull(query.get(given.getFirst()));
    return switch (given.getFirst()) {
      case "domain" -> {
        String name = text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
        if (name.isEmpty() || name.length() > 253) {
          throw ProblemException.badQuery("domain must be a name of 1 to 253 characters");
        }
        yield OrderTerms.named(name);
      }
      case "serial" -> {
        if (!text.matches("(?i)(0x)?[0-9a-f: ]{1,120}")) {
          throw ProblemException.badQuery("serial must be a number in hexadecimal");
        }
        yield OrderTerms.ofSerial(text);
      }
      default -> OrderTerms.expiringUntil(time(text));
    };
  }

  private static Instant time(String text) throws ProblemException {
    try {
      return text.contains("T")
          ? Instant.parse(text)
          : LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant();
    } catch (DateTimeException e) {
      throw ProblemException.badQuery(
          "expires_before must be a time such as 2027-01-31 or 2027-01-31T12:00:00Z");
    }
  }
}
