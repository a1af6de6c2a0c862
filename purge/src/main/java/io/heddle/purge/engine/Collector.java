package io.heddle.purge.engine;

import io.heddle.CancelContext;
import io.heddle.Go;
import io.heddle.Receiver;
import io.heddle.Semaphore;
import io.heddle.purge.Outcome;
import io.heddle.purge.StoreException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Receives all outcomes of a pass. Only the collector counts, writes files, and decides that there
 * are too many errors.
 *
 * <p>It remembers pages in the order in which they were listed, until all of their keys are
 * settled. Everything before the first remembered page is final: this is the position that the
 * checkpoint and the file of failed keys record. The number of remembered pages is limited, so
 * memory is bounded, however many keys fail and however long one of them takes.
 */
final class Collector {
  /** The limit of remembered pages. */
  static final int PAGES = 64;

  private static final Duration CHECKPOINT_EVERY = Duration.ofSeconds(1);

  private final Plan plan;
  private final Checkpoints checkpoints;
  private final Progress progress;
  private final Observer observer;
  private final @Nullable KeyLog file;
  private final @Nullable KeyLog audit;
  private final Checkpoint from;
  private final CancelContext run;

  private final Semaphore room;
  private final ArrayDeque<PageTicket> pages = new ArrayDeque<>();
  private @Nullable String cursor;
  private boolean hasEnded;
  private long selected;
  private long lastWrite = Go.nanoTime();

  // Only of the keys before the cursor.
  private long settledFailures;
  private long settledSkips;
  private long fileLength;

  Collector(
      Plan plan,
      Checkpoints checkpoints,
      Progress progress,
      Observer observer,
      @Nullable KeyLog file,
      @Nullable KeyLog audit,
      Checkpoint from,
      CancelContext run,
      Semaphore room) {
    this.plan = plan;
    this.checkpoints = checkpoints;
    this.progress = progress;
    this.observer = observer;
    this.file = file;
    this.audit = audit;
    this.from = from;
    this.cursor = from.cursor();
    this.settledFailures = from.failed();
    this.settledSkips = from.skipped();
    this.fileLength = from.failedBytes();
    this.run = run;
    this.room = room;
  }

  /** Receives events until the channel is closed; never leaves a sender waiting. */
  void collect(Receiver<Event> events) throws InterruptedException {
    for (Event event : events) {
      try {
        switch (event) {
          case Event.Listed(PageTicket page) -> listed(page);
          case Event.Settled(Batch batch, List<Outcome> outcomes) -> settled(batch, outcomes);
        }
        if (Go.nanoTime() - lastWrite >= CHECKPOINT_EVERY.toNanos()) {
          writeCheckpoint();
        }
      } catch (IOException | RuntimeException e) { // the senders must not wait forever
        run.cancel(
            new StopException(Ending.FATAL, "cannot write down how far the run is: " + e, e));
      }
    }
  }

  private void listed(PageTicket page) throws IOException {
    pages.add(page);
    selected += page.unsettled;
    progress.listed.addAndGet(page.unsettled);
    progress.skipped.addAndGet(page.skipped);
    forgetSettled();
  }

  private void settled(Batch batch, List<Outcome> outcomes) throws IOException {
    PageTicket page = batch.page();
    int deleted = 0;
    int gone = 0;
    int abandoned = 0;
    for (int i = 0; i < outcomes.size(); i++) {
      switch (outcomes.get(i)) {
        case Outcome.Deleted _ -> deleted++;
        case Outcome.Gone _ -> gone++;
        case Outcome.Abandoned _ -> abandoned++;
        case Outcome.Failed failed -> {
          String key = batch.keys().get(i);
          page.failures.add(new PageTicket.FailedKey(key, failed));
          progress.addError(failed.cause().reason(), 1);
          observer.failed(key, failed);
          checkLimits(failed.cause());
        }
      }
    }
    progress.deleted.addAndGet(deleted);
    progress.gone.addAndGet(gone);
    if (audit != null) { // after counting, which a full disk must not prevent
      record(audit, batch.keys(), outcomes);
    }
    page.unsettled -= outcomes.size() - abandoned;
    forgetSettled();
  }

  /** Written at once, so that the file lacks only keys in flight if the process is killed. */
  private static void record(KeyLog audit, List<String> keys, List<Outcome> outcomes)
      throws IOException {
    Instant now = Go.now();
    for (int i = 0; i < keys.size(); i++) {
      String outcome =
          switch (outcomes.get(i)) {
            case Outcome.Deleted(boolean isCertain) -> isCertain ? "deleted" : "deleted or gone";
            case Outcome.Gone(boolean isCertain) -> isCertain ? "gone" : "deleted or gone";
            case Outcome.Failed _, Outcome.Abandoned _ -> "";
          };
      if (!outcome.isEmpty()) {
        audit.deleted(keys.get(i), outcome, now);
      }
    }
    audit.flush();
  }

  private void checkLimits(StoreException cause) {
    Plan.Limits limits = plan.limits();
    long failed = progress.failed();
    if (cause.kind() == StoreException.Kind.UNAUTHORISED
        || cause.kind() == StoreException.Kind.UNREACHABLE) {
      run.cancel(StopException.of("a deletion failed", cause));
    } else if (limits.maxErrors() >= 0 && failed > limits.maxErrors()) {
      run.cancel(
          new StopException(
              Ending.MAX_ERRORS, "more than " + limits.maxErrors() + " errors", cause));
    } else if (progress.settled() >= Plan.Limits.SAMPLE
        && failed > limits.maxErrorRate() * progress.settled()) {
      run.cancel(
          new StopException(
              Ending.MAX_ERRORS,
              "more than " + limits.maxErrorRate() * 100 + "% of the keys failed",
              cause));
    }
  }

  private void forgetSettled() throws IOException {
    for (PageTicket page = pages.peek(); page != null && page.unsettled == 0; page = pages.peek()) {
      pages.remove();
      room.release();
      cursor = page.next;
      hasEnded = cursor == null;
      settledFailures += page.failures.size();
      settledSkips += page.skipped;
      write(page.failures);
      if (file != null) {
        fileLength = file.length();
      }
    }
  }

  private void write(List<PageTicket.FailedKey> failures) throws IOException {
    if (file != null) {
      for (PageTicket.FailedKey failure : failures) {
        file.failed(failure.key(), failure.outcome());
      }
    }
  }

  private void writeCheckpoint() throws IOException {
    lastWrite = Go.nanoTime();
    if (file != null) {
      file.flush();
    }
    if (!hasEnded) {
      checkpoints.write(
          new Checkpoint(
              from.store(),
              from.selection(),
              from.pass(),
              cursor,
              progress.deleted(),
              progress.gone(),
              settledFailures,
              settledSkips,
              progress.retries(),
              fileLength,
              from.at()));
    }
  }

  /** Called after the last event: writes everything that is not written yet. */
  void finish() throws IOException {
    writeCheckpoint();
    for (PageTicket page : pages) {
      write(page.failures);
    }
    if (file != null) {
      file.flush();
    }
  }

  /** The number of keys selected in this pass. */
  long selected() {
    return selected;
  }
}
