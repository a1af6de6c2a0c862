package io.heddle.purge.engine;

import io.heddle.Context;
import io.heddle.ContextException;
import io.heddle.purge.Deletion;
import io.heddle.purge.Outcome;
import io.heddle.purge.Store;
import io.heddle.purge.StoreException;
import io.heddle.rate.Permit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Deletes batches of keys, with as many attempts as it takes, at the pace that the store bears. */
final class Deleter {
  private static final Outcome ABANDONED = new Outcome.Abandoned();

  private final Store store;
  private final Requests requests;
  private final Progress progress;

  Deleter(Store store, Requests requests, Progress progress) {
    this.store = store;
    this.requests = requests;
    this.progress = progress;
  }

  static int batchSize(Store store, Plan plan) {
    return Math.min(plan.sizes().batch(), store.batchLimit());
  }

  /**
   * Deletes keys, and returns the outcome for each. When the run stops, the current request is
   * still finished; keys that would need another attempt are abandoned.
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
          List<Outcome> sent = send(part.stream().map(keys::get).toList(), run);
          done = sent.size();
          for (int k = 0; k < done; k++) {
            Outcome outcome = sent.get(k);
            if (outcome instanceof Outcome.Failed(StoreException cause, _)) {
              isTooMuch |= cause.kind() == StoreException.Kind.TIMEOUT;
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
          chunk = Math.max(1, chunk / 2); // a request that timed out must be smaller next time
        }
        progress.retries.addAndGet(open.size());
        if (hasFailed) {
          requests.pause(attempt++, run);
        }
      }
    } catch (ContextException e) {
      // the run stops: the remaining keys stay abandoned
    }
    return outcomes;
  }

  /** Sends as many of the first keys as the limits allow; returns the outcome for each of these. */
  private List<Outcome> send(List<String> keys, Context run) throws InterruptedException {
    try (Permit permit = requests.limiter.acquire(keys.size(), run)) {
      int size = (int) permit.count();
      try {
        Deletion deletion = store.delete(keys.subList(0, size));
        Requests.report(permit, deletion);
        return deletion.outcomes();
      } catch (StoreException e) {
        Requests.report(permit, e);
        return Collections.nCopies(size, new Outcome.Failed(e, 1));
      }
    }
  }
}
