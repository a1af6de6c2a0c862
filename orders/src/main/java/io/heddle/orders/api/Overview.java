package io.heddle.orders.api;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.heddle.Go;
import io.heddle.orders.OrderState;
import io.heddle.orders.Problem;
import io.heddle.orders.telemetry.Metrics;
import io.heddle.queue.Event;
import io.heddle.queue.Queue;
import io.heddle.queue.QueueException;
import io.heddle.queue.StageStats;
import io.heddle.queue.State;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The figures of the whole service, for administrators: counts and ages now, and rates of a day.
 */
final class Overview {
  private static final Duration DAY = Duration.ofDays(1);
  private static final Duration PERIOD = Duration.ofHours(1);

  /** Counting reads the events of a day, so more frequent requests get the same figures. */
  private static final Duration FRESH = Duration.ofSeconds(5);

  private final Queue queue;
  private final Metrics metrics;
  private final Supplier<@Nullable Problem> trouble;
  private @Nullable JsonArray rates;
  private long counted;

  Overview(Queue queue, Metrics metrics, Supplier<@Nullable Problem> trouble) {
    this.queue = queue;
    this.metrics = metrics;
    this.trouble = trouble;
  }

  JsonObject answer() throws QueueException, InterruptedException {
    queue.find("ready"); // old figures must not hide that the database does not answer
    JsonObject json = new JsonObject();
    JsonArray states = new JsonArray();
    for (StageStats stats : metrics.stats()) {
      if (isState(stats.stage())) {
        states.add(json(stats));
      }
    }
    json.add("states", states);
    json.add("rates", rates());
    Problem problem = trouble.get();
    if (problem != null) {
      json.addProperty("trouble", problem.toString());
    }
    return json;
  }

  private static boolean isState(String stage) {
    return Arrays.stream(OrderState.values()).anyMatch(state -> state.label().equals(stage));
  }

  private static JsonObject json(StageStats stats) {
    boolean isDead = stats.state() == State.DEAD;
    JsonObject one = new JsonObject();
    one.addProperty("state", isDead ? OrderState.DEAD.label() : stats.stage());
    one.addProperty("work", isDead ? stats.stage() : stats.state().name().toLowerCase(Locale.ROOT));
    one.addProperty("count", stats.count());
    one.addProperty("due", stats.due());
    one.addProperty("oldest_seconds", stats.oldest().toSeconds());
    one.addProperty("overdue_seconds", stats.overdue().toSeconds());
    return one;
  }

  private synchronized JsonArray rates() throws QueueException, InterruptedException {
    JsonArray known = rates;
    if (known != null && Go.nanoTime() - counted < FRESH.toNanos()) {
      return known;
    }
    Map<Instant, long[]> periods = new TreeMap<>();
    for (Event.Count count : queue.counts(DAY, PERIOD)) {
      int column =
          switch (count.kind()) {
            case PUBLISHED -> 0;
            case MOVED -> count.stage().equals(OrderState.ISSUED.label()) ? 1 : -1;
            case DEAD -> isState(count.stage()) ? 2 : -1; // not a notification
            default -> -1;
          };
      if (column >= 0) {
        periods.computeIfAbsent(count.from(), _ -> new long[3])[column] += count.count();
      }
    }
    JsonArray all = new JsonArray();
    periods.forEach((from, counts) -> {
      JsonObject one = new JsonObject();
      one.addProperty("from", from.toString());
      one.addProperty("submitted", counts[0]);
      one.addProperty("issued", counts[1]);
      one.addProperty("dead", counts[2]);
      all.add(one);
    });
    rates = all;
    counted = Go.nanoTime();
    return all;
  }
}
