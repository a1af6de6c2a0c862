package io.heddle.purge.engine;

import io.heddle.CancelContext;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.ContextException;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.Select;
import io.heddle.Semaphore;
import io.heddle.TaskGroup;
import io.heddle.purge.Property;
import io.heddle.purge.Store;
import io.heddle.purge.StoreException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Deletes the keys of a store.
 *
 * {@snippet :
 * Summary summary = Purge.run(context, store, Plan.DEFAULT, new Progress(), Observer.NONE);
 * }
 *
 * <p>In each pass, a lister, workers and a collector run concurrently. The lister goes through the
 * pages of keys and sends batches of keys to a channel. Workers receive the batches, delete their
 * keys, and send the outcomes to a second channel. The collector receives the outcomes, counts them
 * and writes the files. The lister, which is its only sender, closes the first channel. The second
 * channel is closed when the last sender has ended.
 *
 * <p>A single context cancels the whole run. Whatever gives a reason to stop cancels the context
 * with this reason as its cause: a listing that fails, too many errors, the time limit, the caller.
 * All goroutines wait with this context, so none outlives the run. Requests in flight may finish,
 * within a limited time, so that the counts are correct.
 */
public final class Purge {
  private final Store store;
  private final Plan plan;
  private final Progress progress;
  private final Observer observer;
  private final Requests requests;
  private final @Nullable KeyFile file;
  private final StoreListing listing;
  private final @Nullable Inspector inspector;
  private final Lister lister;
  private final Share share;
  private final Instant begun;

  private Purge(Store store, Plan plan, Progress progress, Observer observer, Share share) {
    this.store = store;
    this.share = share;
    this.begun = plan.at() == null ? Go.now() : plan.at();
    this.plan = plan;
    this.progress = progress;
    this.observer = observer;
    this.requests = new Requests(plan, progress, share.pace());
    Selection selection = plan.selection();
    int page = plan.sizes().page();
    this.file = selection.file() == null ? null : new KeyFile(selection, selection.file(), page);
    this.listing = new StoreListing(store, selection.prefixes(), share.start(), page);
    Set<Property> wanted = selection.filter().needs();
    wanted.addAll(observer.wanted());
    this.inspector =
        wanted.isEmpty()
            ? null
            : new Inspector(
                store, wanted, selection.filter(), plan.pace().maxConcurrency(), requests);
    this.lister = new Lister(file == null ? listing : file, selection, requests, inspector);
    progress.limiter = requests.limiter;
    judgeAt(begun);
  }

  private void judgeAt(Instant instant) {
    if (inspector != null) {
      inspector.judgeAt(instant);
    }
  }

  /**
   * Deletes the selected keys, and waits for the end of the run.
   *
   * @param context cancels the run when it is done
   * @param plan which keys, and how
   * @param progress is updated during the run
   * @return a summary, also if the run stopped early
   * @throws InterruptedException if the calling thread is interrupted; this stops the run as if the
   *     context had been cancelled
   */
  public static Summary run(
      Context context, Store store, Plan plan, Progress progress, Observer observer)
      throws InterruptedException {
    return run(context, store, plan, progress, observer, Share.whole(plan));
  }

  /**
   * Deletes the selected keys of a share, and waits for the end of the run.
   *
   * @param context cancels the run when it is done
   * @param plan which keys, and how; its file for a checkpoint is not used, and its files of keys
   *     are appended to
   * @param progress is updated during the run
   * @return a summary, also if the run stopped early
   * @throws InterruptedException if the calling thread is interrupted; this stops the run as if the
   *     context had been cancelled
   */
  public static Summary run(
      Context context, Store store, Plan plan, Progress progress, Observer observer, Share share)
      throws InterruptedException {
    Purge purge = new Purge(store, plan, progress, observer, share);
    try {
      return purge.run(context);
    } finally {
      purge.close();
    }
  }

  /**
   * Lists the selected keys and deletes none. If there is no observer and the store knows the
   * number of its keys, the store is asked for the number instead.
   *
   * @param context cancels the run when it is done
   * @param progress is updated during the listing
   * @param max ends the listing when there are more keys than this
   * @return a summary; {@link Summary#left} is the number of keys
   */
  public static Summary count(
      Context context, Store store, Plan plan, Progress progress, Observer observer, long max)
      throws InterruptedException {
    Purge purge = new Purge(store, plan, progress, observer, Share.whole(plan));
    try {
      return purge.count(context, max);
    } finally {
      purge.close();
    }
  }

  private void close() {
    try {
      if (file != null) {
        file.close();
      }
    } catch (IOException e) {
      // the file was only read
    }
  }

  private Summary run(Context parent) throws InterruptedException {
    try (CancelContext run = limited(parent)) {
      OptionalLong left = OptionalLong.empty();
      StopException stopped = null;
      try {
        left = sweep(run);
      } catch (StopException e) {
        stopped = e;
      } catch (ContextException e) {
        stopped = reason(run);
      } catch (IOException e) {
        stopped = new StopException(Ending.FATAL, "a file of the run: " + FileTrouble.text(e), e);
      }
      if (run.cause() instanceof InterruptedException interrupted) {
        throw interrupted;
      }
      return summary(stopped, left);
    }
  }

  private CancelContext limited(Context parent) {
    var time = plan.limits().maxDuration();
    return time == null
        ? parent.withCancel()
        : parent.withTimeout(
            time,
            new StopException(
                Ending.MAX_DURATION,
                "the limit of " + time.toMillis() / 1000.0 + " s was reached",
                null));
  }

  /** The whole run; returns the number of remaining keys. */
  private OptionalLong sweep(CancelContext run)
      throws StopException, IOException, InterruptedException {
    try (Checkpoints checkpoints = share.checkpoints()) {
      checkpoints.open();
      Checkpoint start = start(checkpoints.read());
      checkpoints.write(start); // an error must show before anything is deleted
      KeyFile keys = file;
      if (keys != null) {
        Lister.promptly(run, () -> checkFile(keys, run));
        Lister.promptly(run, () -> findStore(run));
      }
      if (!Lister.promptly(run, () -> isCleared(run))) {
        passes(run, start);
      }
      checkpoints.delete();
    }
    return plan.passes().verify() && plan.selection().file() == null
        ? OptionalLong.of(Lister.promptly(run, () -> look(run)))
        : OptionalLong.empty();
  }

  /** Detects a file that does not contain this store's keys before anything is deleted. */
  private boolean checkFile(KeyFile keys, CancelContext run)
      throws StopException, InterruptedException {
    try {
      keys.check(plan.selection(), store::refusal, run);
    } catch (StoreException e) {
      throw StopException.of("the listing failed", e);
    }
    return true;
  }

  /**
   * Checks that the store exists. If keys come from a file, nothing is listed, and a missing store
   * would report each key as gone and the run as a success. So the store is asked for one key. A
   * store that refuses to list exists, and its keys can still be deleted.
   */
  private boolean findStore(CancelContext run) throws StopException, InterruptedException {
    try {
      requests.send(
          () -> {
            listing.probe();
            return true;
          },
          run);
    } catch (StoreException e) {
      boolean isThere =
          switch (e.kind()) {
            case FORBIDDEN, PRECONDITION, INVALID -> true;
            case NOT_FOUND, UNAUTHORISED, UNREACHABLE, UNAVAILABLE, TIMEOUT, LOCKED, THROTTLED ->
                false;
          };
      if (!isThere) {
        throw StopException.of("asking for the store failed", e);
      }
    }
    return true;
  }

  /** Deletes all keys at once, where the plan and the store allow it. */
  private boolean isCleared(CancelContext run) throws StopException, InterruptedException {
    if (!plan.mayClear() || !share.isWhole()) {
      return false;
    }
    progress.phase("deleting");
    try {
      OptionalLong deleted = requests.send(store::clear, run);
      progress.deleted.addAndGet(deleted.orElse(0));
      return deleted.isPresent();
    } catch (StoreException e) {
      throw StopException.of("deleting all keys failed", e);
    }
  }

  /** Goes through the store as many times as the plan says. */
  private void passes(CancelContext run, Checkpoint start)
      throws StopException, IOException, InterruptedException {
    Checkpoint from = start;
    Plan.Files files = plan.files();
    boolean isAppended = !share.isWhole(); // by one share after the other
    try (KeyLog failed = KeyLog.ofFailed(files.failedKeys(), from.failedBytes(), isAppended);
        KeyLog deleted = KeyLog.ofDeleted(files.deletedKeys(), files.resume() || isAppended)) {
      for (int pass = from.pass(); ; pass++) {
        progress.phase("deleting");
        long found = pass(run, from, failed, deleted);
        if (found == 0 || pass >= plan.passes().max()) {
          break;
        }
        progress.forgetErrors();
        from = from.nextPass(progress);
        if (failed != null) {
          failed.clear();
        }
      }
    }
  }

  /** Lists the store once more; returns the number of remaining keys. */
  private long look(CancelContext run) throws StopException, InterruptedException {
    progress.phase("verifying");
    AtomicLong left = new AtomicLong();
    lister.forEachPage(
        null,
        run,
        page -> {
          left.addAndGet(page.keys().size());
          return true;
        });
    return left.get();
  }

  /**
   * The position to start from.
   *
   * @param last the last checkpoint; null at the beginning
   */
  private Checkpoint start(@Nullable Checkpoint last) throws StopException {
    if (last == null || !(plan.files().resume() || !share.isWhole())) {
      return Checkpoint.start(store.name(), plan.selection().toString(), begun);
    }
    last.checkIsOf(store.name(), plan.selection().toString());
    last.restore(progress);
    if (share.isWhole()) { // otherwise it may be by the clock of another machine
      judgeAt(last.at(begun));
    }
    return last;
  }

  /** Goes through the store once; returns the number of selected keys. */
  private long pass(
      CancelContext run, Checkpoint from, @Nullable KeyLog failed, @Nullable KeyLog deleted)
      throws StopException, IOException, InterruptedException {
    Chan<Batch> batches =
        Chan.<Batch>buffered(2 * plan.pace().maxConcurrency()).named("purge batches");
    Chan<Event> events =
        Chan.<Event>buffered(2 * plan.pace().maxConcurrency()).named("purge results");
    Semaphore room = new Semaphore(Collector.PAGES);
    Collector collector =
        new Collector(
            plan, share.checkpoints(), progress, observer, failed, deleted, from, run, room);
    AtomicLong budget = new AtomicLong(left(plan.limits().maxDelete()));
    Goroutine<?> collecting = Go.go("collector", () -> collector.collect(events));

    // Interrupts a request only after its time to finish.
    try (CancelContext patience = Context.background().withCancel()) {
      var draining =
          run.afterFunc(() -> {
            if (!isOver(patience, plan.limits().drain())) {
              patience.cancel();
            }
          });
      try (TaskGroup<Void> group = new TaskGroup<>(patience)) {
        group.go(() -> list(from, budget, room, batches, events, run));
        Deleter deleter = new Deleter(store, requests, progress);
        for (int i = 0; i < plan.pace().maxConcurrency(); i++) {
          group.go(() -> work(deleter, batches, events, run));
        }
        await(group, run);
      }
      draining.stop();
    } finally {
      events.close();
      collecting.join();
    }
    collector.finish();
    run.check();
    if (budget.get() < 0) {
      long most = plan.limits().maxDelete();
      throw new StopException(
          Ending.MAX_DELETE,
          (most == 1 ? "1 key was" : most + " keys were") + " tried, there are more",
          null);
    }
    return collector.selected();
  }

  private void list(
      Checkpoint from,
      AtomicLong budget,
      Semaphore room,
      Chan<Batch> batches,
      Chan<Event> events,
      CancelContext run)
      throws InterruptedException {
    int size = Deleter.batchSize(store, plan);
    try {
      lister.forEachPage(
          from.cursor(),
          run,
          listed -> {
            List<String> selected = listed.keys();
            if (progress.listed() == 0) {
              countFreely();
            }
            room.acquire(run);
            PageTicket page = new PageTicket(listed.next(), selected.size(), listed.skipped());
            events.send(new Event.Listed(page));
            int allowed = (int) Math.min(selected.size(), budget.get());
            for (int i = 0; i < allowed; i += size) {
              batches.send(new Batch(page, selected.subList(i, Math.min(allowed, i + size))), run);
            }
            return budget.addAndGet(-selected.size()) >= 0;
          });
      batches.close();
    } catch (StopException e) {
      run.cancel(e);
    } catch (ContextException e) {
      // another goroutine has found a reason to stop
    }
  }

  /** Learns the number of keys for the progress, from a store that has just answered. */
  private void countFreely() throws InterruptedException {
    if (progress.total == 0 && plan.selection().isByPrefix() && share.isWhole()) {
      try {
        progress.total = listing.count().orElse(0);
      } catch (StoreException e) {
        // progress without a total is good enough
      }
    }
  }

  private long left(long maxDelete) {
    return maxDelete < 0 ? Long.MAX_VALUE : maxDelete - progress.settled();
  }

  private static void work(Deleter deleter, Chan<Batch> batches, Chan<Event> events, Context run)
      throws InterruptedException {
    try {
      for (Batch batch; (batch = batches.receive(run)) != null; ) {
        events.send(new Event.Settled(batch, deleter.delete(batch.keys(), run)));
      }
    } catch (ContextException e) {
      // the run stops
    }
  }

  /** Waits for a limited time until the context is done; returns whether it is. */
  private static boolean isOver(Context context, Duration time) throws InterruptedException {
    return Select.select(context.onDone(() -> true), Go.after(time).onReceive(_ -> false));
  }

  /** Waits for all goroutines in any case; an interrupt is a reason to stop like any other. */
  private static void await(TaskGroup<?> group, CancelContext run) {
    while (true) {
      try {
        group.await();
        return;
      } catch (InterruptedException e) {
        run.cancel(e);
      } catch (ContextException e) {
        return; // a request was interrupted because it did not end in time
      } catch (ExecutionException e) {
        throw Lister.defect(e);
      }
    }
  }

  private static StopException reason(Context run) {
    return run.cause() instanceof StopException stop
        ? stop
        : new StopException(Ending.CANCELLED, "it was cancelled", run.cause());
  }

  private Summary count(Context parent, long max) throws InterruptedException {
    progress.phase("counting");
    AtomicLong seen = new AtomicLong();
    StopException stopped = null;
    try (CancelContext run = limited(parent)) {
      try {
        return summary(null, OptionalLong.of(Lister.promptly(run, () -> count(run, max, seen))));
      } catch (StopException e) {
        stopped = e;
      } catch (ContextException e) {
        stopped = reason(run);
      }
    }
    return summary(stopped, OptionalLong.of(seen.get()));
  }

  private long count(CancelContext run, long max, AtomicLong seen)
      throws StopException, InterruptedException {
    if (file != null) {
      checkFile(file, run);
    }
    OptionalLong known = known(run);
    if (known.isPresent()) {
      progress.total = known.getAsLong();
      return progress.total;
    }
    lister.forEachPage(
        null,
        run,
        page -> {
          int selected = page.keys().size();
          for (int i = 0; i < selected; i++) {
            observer.wouldDelete(page.keys().get(i), page.details().get(i));
          }
          progress.listed.addAndGet(selected);
          progress.skipped.addAndGet(page.skipped());
          return seen.addAndGet(selected) <= max;
        });
    return seen.get();
  }

  private OptionalLong known(Context run) throws StopException, InterruptedException {
    if (!observer.equals(Observer.NONE) || !plan.selection().isByPrefix()) {
      return OptionalLong.empty();
    }
    try {
      return requests.send(listing::count, run);
    } catch (StoreException e) {
      throw StopException.of("counting failed", e);
    }
  }

  private Summary summary(@Nullable StopException stopped, OptionalLong left) {
    return new Summary(
        stopped == null ? Ending.COMPLETE : stopped.ending,
        stopped == null ? null : stopped.getMessage(),
        progress.deleted(),
        progress.gone(),
        progress.failed(),
        progress.skipped(),
        progress.retries(),
        progress.errors(),
        progress.before(),
        left,
        progress.elapsed());
  }
}
