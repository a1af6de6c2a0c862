package io.heddle.orders.api;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.heddle.orders.OrderState;
import io.heddle.queue.Event;
import io.heddle.queue.Note;
import io.heddle.queue.Queue;
import io.heddle.queue.QueueException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What has happened to an order, and the audit log. */
final class HistoryView {
  private static final int NOTES = 200;

  /** How {@link Throwable#toString} begins: with the name of a class in a package. */
  private static final Pattern EXCEPTION = Pattern.compile("([a-z]\\w*\\.)+[A-Z][\\w$]*(:|\\z)");

  private final Queue queue;

  HistoryView(Queue queue) {
    this.queue = queue;
  }

  private record Dated(Instant at, JsonObject json) {}

  /** The events of an order and the notes about it, the oldest first. */
  JsonObject of(Tokens.Caller caller, String order) throws QueueException, InterruptedException {
    List<Dated> all = new ArrayList<>();
    for (Event event : queue.history(order)) {
      boolean isNoted = event.kind() == Event.Kind.PUBLISHED || event.kind() == Event.Kind.REPLAYED;
      if (!isNoted) { // the note says more
        all.add(new Dated(event.first(), json(caller, event)));
      }
    }
    for (Note.Stored note : queue.notes(null, order, Long.MAX_VALUE, NOTES)) {
      JsonObject json = new JsonObject();
      json.addProperty("event", note.note().action());
      json.addProperty("at", note.at().toString());
      who(json, caller, note);
      all.add(new Dated(note.at(), json));
    }
    all.sort(Comparator.comparing(Dated::at));
    JsonArray events = new JsonArray();
    all.forEach(one -> events.add(one.json));
    JsonObject json = new JsonObject();
    json.add("events", events);
    return json;
  }

  private static JsonObject json(Tokens.Caller caller, Event event) {
    JsonObject json = new JsonObject();
    json.addProperty("event", event.kind().name().toLowerCase(Locale.ROOT));
    json.addProperty("at", event.first().toString());
    json.addProperty("state", event.stage());
    if (event.count() > 1) {
      json.addProperty("last", event.last().toString());
      json.addProperty("count", event.count());
    }
    if (event.next() != null) {
      json.addProperty("to", event.next());
    }
    if (event.reason() != null) {
      json.addProperty("reason", reason(caller, event.reason()));
    }
    if (event.due() != null && !OrderState.ISSUED.label().equals(event.next())) {
      json.addProperty("next_attempt", event.due().toString());
    }
    return json;
  }

  /** Only administrators see the text of an exception, which may name a host or a path. */
  private static String reason(Tokens.Caller caller, String reason) {
    return !caller.isAdmin() && EXCEPTION.matcher(reason).lookingAt()
        ? "an internal error"
        : reason;
  }

  /** From where another party acted is not the customer's business. */
  private static void who(JsonObject json, Tokens.Caller caller, Note.Stored note) {
    json.addProperty("by", note.note().actor());
    if (caller.isAdmin() || note.note().actor().equals(caller.name())) {
      json.addProperty("client", note.note().source());
    }
  }

  /** A page of the audit log, the latest entry first. */
  JsonObject audit(Tokens.Caller caller, ApiRequest request)
      throws ProblemException, QueueException, InterruptedException {
    Map<String, String> query = request.query("order", "customer", "after", "limit");
    int limit = OrderList.limit(query);
    long after = OrderList.position(query.get("after"));
    @Nullable String customer = OrderList.customer(caller, query.get("customer"));
    List<Note.Stored> notes =
        queue.notes(customer, query.get("order"), after == 0 ? Long.MAX_VALUE : after, limit);
    JsonArray entries = new JsonArray();
    for (Note.Stored note : notes) {
      JsonObject json = new JsonObject();
      json.addProperty("at", note.at().toString());
      json.addProperty("action", note.note().action());
      who(json, caller, note);
      json.addProperty("order", note.key());
      json.addProperty("customer", note.owner());
      entries.add(json);
    }
    JsonObject json = new JsonObject();
    json.add("entries", entries);
    if (notes.size() == limit) {
      json.addProperty("next", String.valueOf(notes.getLast().id()));
    }
    return json;
  }
}
