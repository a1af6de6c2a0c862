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

/**
 * Deletes batches of keys, with as many attempts as it takes, at the pace that the store bears. If
 * the store refuses a whole batch, which a single key may cause, its halves are sent.
 */
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
        int next = chunk;
        boolean hasFailed = false;
        for (int i = 0, done; i < open.size(); i += done) {
          List<Integer> part = open.subList(i, Math.min(open.size(), i + chunk));
          Sent sent = send(part.stream().map(keys::get).toList(), run);
          done = sent.outcomes.size();
          if (sent.isRefused && done > 1) {
            again.addAll(part.subList(0, done));
            next = Math.min(next, (done + 1) / 2);
            continue;
          }
          for (int k = 0; k < done; k++) {
            Outcome outcome = sent.outcomes.get(k);
            if (outcome instanceof Outcome.Failed(StoreException cause, _)) {
              if (cause.kind() == StoreException.Kind.TIMEOUT) {
                next = Math.max(1, chunk / 2); // the request must be smaller next time
              }
              if (requests.isWorthAnother(cause, attempt)) {
                hasFailed |= !Requests.isPutOff(cause);
                progress.retried(1, cause.reason());
                again.add(part.get(k));
                continue;
              }
              outcome = new Outcome.Failed(cause, attempt);
            }
            outcomes.set(part.get(k), outcome);
          }
        }
        open = again;
        chunk = next;
        if (hasFailed) {
          requests.pause(attempt++, run);
        }
      }
    } catch (ContextException e) {
      // the run stops: the remaining keys stay abandoned
    }
    return outcomes;
  }

  /**
   * The answer to a request.
   *
   * @param outcomes the outcome for each key that was sent
   * @param isRefused whether the store refused the request as a whole, so that single keys may be
   *     accepted
   */
  private record Sent(List<Outcome> outcomes, boolean isRefused) {}

  /** Sends as many of the first keys as the limits allow. */
  private Sent send(List<String> keys, Context run) throws InterruptedException {
    try (Permit permit = requests.limiter.acquire(keys.size(), run)) {
      requests.await(permit, run);
      int size = (int) permit.count();
      try {
        Deletion deletion = store.delete(keys.subList(0, size));
        requests.report(permit, deletion);
        return new Sent(deletion.outcomes(), false);
      } catch (StoreException e) {
        requests.report(permit, e);
        boolean isRefused =
            switch (e.kind()) {
              case FORBIDDEN, INVALID, PRECONDITION -> true;
              case UNAUTHORISED, UNREACHABLE, NOT_FOUND, THROTTLED, UNAVAILABLE, TIMEOUT, LOCKED ->
                  false;
            };
        return new Sent(Collections.nCopies(size, new Outcome.Failed(e, 1)), isRefused);
      }
    }
  }
}
