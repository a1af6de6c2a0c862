package io.heddle.purge.engine;

import io.heddle.Context;
import io.heddle.ContextException;
import io.heddle.purge.Deletion;
import io.heddle.purge.Outcome;
import io.heddle.purge.Store;
import io.heddle.purge.StoreException;
import io.heddle.rate.RateLimiter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Deletes batches of keys, as often as it takes, at the pace that the store bears. */
final class Deleter {
  private static final Outcome ABANDONED = new Outcome.Abandoned();

  private final Store store;
  private final Requests requests;
  private final RateLimiter rate;
  private final Progress progress;
  private final Slots slots;

  Deleter(Store store, Plan plan, Requests requests, Progress progress) {
    this.store = store;
    this.requests = requests;
    this.progress = progress;
    this.rate =
        RateLimiter.perSecond(
            plan.pace().rate(), Math.max(plan.pace().burst(), batchSize(store, plan)));
    this.slots = new Slots(plan.pace().minConcurrency(), plan.pace().maxConcurrency());
    progress.slots = slots;
  }

  static int batchSize(Store store, Plan plan) {
    return Math.min(plan.sizes().batch(), store.batchLimit());
  }

  /**
   * Deletes keys, and says of each what came of it. When the run stops, the request that is under
   * way is still finished; keys that would have to be tried again are abandoned.
   */
  List<Outcome> delete(List<String> keys, Context run) throws InterruptedException {
    List<Outcome> outcomes = new ArrayList<>(Collections.nCopies(keys.size(), ABANDONED));
    List<Integer> open = new ArrayList<>(keys.size());
    for (int i = 0; i < keys.size(); i++) {
      open.add(i);
    }
    int chunk = keys.size();
    int attempt = 1;
    try {
      while (!open.isEmpty()) {
        List<Integer> again = new ArrayList<>();
        boolean isTooMuch = false;
        boolean hasFailed = false;
        for (int i = 0, done; i < open.size(); i += done) {
          List<Integer> part = open.subList(i, Math.min(open.size(), i + chunk));
          Sent sent = send(part.stream().map(keys::get).toList(), run);
          done = sent.outcomes.size();
          for (int k = 0; k < done; k++) {
            Outcome outcome = sent.outcomes.get(k);
            if (outcome instanceof Outcome.Failed(StoreException cause, _)) {
              isTooMuch |= cause.kind() == StoreException.Kind.TIMEOUT;
              requests.heed(cause, attempt, sent.at);
              if (requests.isWorthAnother(cause, attempt)) {
                hasFailed |= !Requests.isPutOff(cause);
                again.add(part.get(k));
                continue;
              }
              outcome = new Outcome.Failed(cause, attempt);
            }
            outcomes.set(part.get(k), outcome);
          }
        }
        open = again;
        if (isTooMuch) {
          chunk = Math.max(1, chunk / 2); // what took too long must not take longer the next time
        }
        progress.retries.addAndGet(open.size());
        if (hasFailed) {
          requests.pause(attempt++, run);
        }
      }
    } catch (ContextException e) {
      // the run stops: what is open stays abandoned
    }
    return outcomes;
  }

  /** What came of the keys that went with a request, and when it was sent. */
  private record Sent(List<Outcome> outcomes, long at) {}

  /** Sends as many of the keys as may go now, the first ones. */
  private Sent send(List<String> keys, Context run) throws InterruptedException {
    int size;
    long slot;
    while (true) {
      size = requests.gate.pass(keys.size(), run);
      rate.acquire(size, run);
      slot = slots.acquire(run);
      if (requests.gate.closedFor().isZero()) {
        break;
      }
      slots.giveBack(); // the gate was closed while we waited
    }
    int through = 0; // what the store answered otherwise than that it is too much
    boolean isOverwhelmed = false;
    Duration pause = Duration.ZERO;
    try {
      Deletion deletion = store.delete(keys.subList(0, size));
      pause = deletion.pause();
      for (Outcome outcome : deletion.outcomes()) {
        if (outcome instanceof Outcome.Failed(StoreException cause, _) && overwhelms(cause)) {
          isOverwhelmed = true;
          if (cause.kind() == StoreException.Kind.THROTTLED) {
            requests.gate.refusedByKey();
          }
        } else {
          through++;
        }
      }
      return new Sent(deletion.outcomes(), slot);
    } catch (StoreException e) {
      isOverwhelmed = overwhelms(e);
      through = isOverwhelmed ? 0 : size;
      return new Sent(Collections.nCopies(size, new Outcome.Failed(e, 1)), slot);
    } finally {
      requests.gate.answered(size, through, slot);
      if (pause.isPositive()) {
        requests.keepQuiet(pause);
      }
      slots.release(slot, size, isOverwhelmed);
    }
  }

  private static boolean overwhelms(StoreException failure) {
    return switch (failure.kind()) {
      case THROTTLED, UNAVAILABLE, TIMEOUT -> true;
      case LOCKED, UNAUTHORISED, FORBIDDEN, NOT_FOUND, PRECONDITION, INVALID -> false;
    };
  }
}
