package io.heddle.purge.report;

import com.google.gson.JsonObject;
import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.purge.Details;
import io.heddle.purge.Outcome;
import io.heddle.purge.Property;
import io.heddle.purge.engine.Progress;
import io.heddle.purge.engine.Summary;
import io.heddle.purge.keys.KeyJson;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.SortedMap;

/** For programs: one JSON object per line. The last one is the summary. */
public final class JsonReport implements Report {
  private static final Duration PROGRESS_EVERY = Duration.ofSeconds(1);

  /** The events after which nothing more is written. */
  private static final Set<String> LAST = Set.of("summary", "part");

  private final Output out;
  private final Progress progress;
  private final long total;
  private final Set<Property> wanted;
  private final CancelContext context = Context.background().withCancel();
  private boolean hasEnded;

  /**
   * Starts to report progress, in the caller's program.
   *
   * @param total the number of keys, 0 if unknown
   * @param isQuiet whether to report only failures and the summary
   * @param wanted the properties of keys to report in a dry run
   */
  public JsonReport(
      Output out,
      Progress progress,
      String store,
      String selection,
      long total,
      boolean isQuiet,
      Set<Property> wanted) {
    this.wanted = wanted;
    this.out = out;
    this.progress = progress;
    this.total = total;
    if (!isQuiet) {
      JsonObject start = event("start");
      start.addProperty("store", store);
      start.addProperty("selection", selection);
      if (total > 0) {
        start.addProperty("total", total);
      }
      write(start);
      Go.go(
          context,
          "report",
          () -> {
            for (var _ : Go.tick(PROGRESS_EVERY)) {
              write(progressNow());
            }
          });
    }
  }

  static JsonObject event(String name) {
    JsonObject event = new JsonObject();
    event.addProperty("event", name);
    event.addProperty("time", Go.now().toString());
    return event;
  }

  private JsonObject progressNow() {
    JsonObject event = event("progress");
    event.addProperty("phase", progress.phase());
    event.addProperty("listed", progress.listed());
    event.addProperty("deleted", progress.deleted());
    event.addProperty("gone", progress.gone());
    event.addProperty("failed", progress.failed());
    event.addProperty("skipped", progress.skipped());
    event.addProperty("retries", progress.retries());
    event.addProperty("in_flight", progress.inFlight());
    event.addProperty("concurrency", progress.concurrency());
    Progress.Waiting waiting = progress.waiting();
    if (waiting != null) {
      event.addProperty("waiting_ms", waiting.time().toMillis());
      event.addProperty("attempt", waiting.attempt());
      if (waiting.cause() != null) {
        event.addProperty("cause", waiting.cause());
      }
    }
    event.addProperty("throttled_ms", progress.throttledFor().toMillis());
    event.addProperty("elapsed_ms", progress.elapsed().toMillis());
    long atStart = total > 0 ? total : progress.total();
    if (atStart > 0) {
      event.addProperty("total", atStart + progress.doneBefore());
    }
    return event;
  }

  @Override
  public void failed(String key, Outcome.Failed outcome) {
    JsonObject event = event("failed");
    KeyJson.add(event, key);
    event.addProperty("reason", outcome.cause().reason());
    event.addProperty("attempts", outcome.attempts());
    event.addProperty("message", outcome.cause().getMessage());
    write(event);
  }

  @Override
  public void wouldDelete(String key, Details details) {
    JsonObject event = event("would_delete");
    KeyJson.add(event, key);
    DetailsJson.add(event, details);
    write(event);
  }

  @Override
  public Set<Property> wanted() {
    return wanted;
  }

  @Override
  public void stopping() {
    write(event("stopping"));
  }

  @Override
  public void endDry(Summary summary, int status) {
    close();
    JsonObject event = event("summary");
    event.addProperty("dry_run", true);
    event.addProperty("ending", summary.ending().name().toLowerCase(Locale.ROOT));
    event.addProperty("reason", summary.reason());
    event.addProperty("would_delete", summary.left().orElse(0));
    event.addProperty("skipped", summary.skipped());
    event.addProperty("elapsed_ms", summary.elapsed().toMillis());
    write(event);
  }

  @Override
  public void end(Summary summary, int status) {
    close();
    JsonObject event = event("summary");
    add(event, summary);
    write(event);
  }

  @Override
  public void endPart(String part, Summary summary, int status) {
    close();
    JsonObject event = event("part");
    event.addProperty("part", part);
    add(event, summary);
    write(event);
  }

  static void add(JsonObject event, Summary summary) {
    event.addProperty("ending", summary.ending().name().toLowerCase(Locale.ROOT));
    event.addProperty("complete", summary.isComplete());
    event.addProperty("reason", summary.reason());
    event.addProperty("deleted", summary.deleted());
    event.addProperty("gone", summary.gone());
    event.addProperty("failed", summary.failed());
    event.addProperty("skipped", summary.skipped());
    event.addProperty("retries", summary.retries());
    event.add("errors", errors(summary.errors()));
    event.addProperty("before", summary.before());
    if (summary.left().isPresent()) {
      event.addProperty("left", summary.left().getAsLong());
    }
    event.addProperty("elapsed_ms", summary.elapsed().toMillis());
  }

  private static JsonObject errors(SortedMap<String, Long> errors) {
    JsonObject object = new JsonObject();
    errors.forEach(object::addProperty);
    return object;
  }

  /** One line at a time, and none after the last. */
  private synchronized void write(JsonObject event) {
    if (!hasEnded) {
      hasEnded = LAST.contains(event.get("event").getAsString());
      out.line(KeyJson.line(event));
    }
  }

  @Override
  public void close() {
    context.cancel();
  }
}
