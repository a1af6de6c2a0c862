package io.heddle.orders.api;

import com.google.gson.JsonObject;
import io.heddle.orders.Challenge;
import io.heddle.orders.store.Interventions;
import io.heddle.orders.store.QuotaException;
import io.heddle.orders.store.Quotas;
import io.heddle.orders.store.Revocation;
import io.heddle.orders.store.StoredOrder;
import io.heddle.orders.telemetry.Log;
import io.heddle.queue.Note;
import io.heddle.queue.QueueException;
import java.util.Map;

/** Answers requests to cancel, retry, validate or revoke an order. */
final class OrderChanges {
  static final String CANCEL = "cancel";
  static final String RETRY = "retry";
  static final String REVOKE = "revoke";
  static final String VALIDATE = "validate";

  private final Interventions interventions;
  private final Log log;

  OrderChanges(Interventions interventions, Log log) {
    this.interventions = interventions;
    this.log = log;
  }

  /** The name of a change in the log, in the audit log and in the answer. */
  static String done(String what) {
    return switch (what) {
      case CANCEL -> "cancelled";
      case RETRY -> "retried";
      case REVOKE -> "revoking";
      default -> "unchecked";
    };
  }

  /**
   * Makes a change.
   *
   * @param what its name in the request's path
   * @param quotas the caller's quotas
   * @param note who wants it
   */
  ApiResponse answer(String what, StoredOrder order, ApiRequest request, Quotas quotas, Note note)
      throws ProblemException, QuotaException, QueueException, InterruptedException {
    String id = order.order().id();
    switch (what) {
      case CANCEL -> {
        request.query();
        if (!interventions.cancel(id, note)) {
          throw conflict(order, "not-cancellable", "there is nothing to cancel");
        }
      }
      case RETRY -> {
        request.query();
        retry(order, quotas, note);
      }
      case REVOKE -> revoke(order, request, quotas, note);
      default -> validate(order, request, quotas, note);
    }
    log.write("order_changed", "action", note.action(), "by", note.actor(), "order", id);
    JsonObject json = new JsonObject();
    json.addProperty("id", id);
    json.addProperty(note.action(), true);
    return ApiResponse.of(200, "application/json", json.toString());
  }

  private void retry(StoredOrder order, Quotas quotas, Note note)
      throws ProblemException, QuotaException, QueueException, InterruptedException {
    switch (interventions.retry(order.order().id(), quotas, note)) {
      case DUE -> {}
      case TOO_SOON -> {
        String seconds = String.valueOf(Interventions.RETRY_PAUSE.toSeconds());
        throw new ProblemException(
            429,
            "too-soon",
            "The order was tried a moment ago",
            "try again in " + seconds + " s",
            Map.of("Retry-After", seconds));
      }
      case NOT_WAITING -> throw conflict(order, "not-waiting", "the order does not wait");
    }
  }

  private void revoke(StoredOrder order, ApiRequest request, Quotas quotas, Note note)
      throws ProblemException, QuotaException, QueueException, InterruptedException {
    Revocation.Reason reason;
    try {
      String label = Revocation.Reason.UNSPECIFIED.label();
      reason = Revocation.Reason.of(request.query("reason").getOrDefault("reason", label));
    } catch (IllegalArgumentException e) {
      throw ProblemException.badQuery(String.valueOf(e.getMessage()));
    }
    if (!interventions.revoke(order, reason, quotas, note)) {
      throw conflict(order, "not-issued", "there is no certificate to revoke");
    }
  }

  /** Asks the CA to validate, without checking whether the validation would succeed. */
  private void validate(StoredOrder order, ApiRequest request, Quotas quotas, Note note)
      throws ProblemException, QuotaException, QueueException, InterruptedException {
    String type = request.query("type").getOrDefault("type", Challenge.HTTP);
    if (!OrderView.SHOWN.contains(type)) {
      throw ProblemException.badQuery(
          "'" + type + "' is not known; there are " + String.join(", ", OrderView.SHOWN));
    }
    try {
      if (!interventions.skipCheck(order.order().id(), type, quotas, note)) {
        throw conflict(order, "not-checking", "the order is not being checked");
      }
    } catch (IllegalArgumentException e) {
      throw ProblemException.badQuery(String.valueOf(e.getMessage()));
    }
  }

  private static ProblemException conflict(StoredOrder order, String type, String title) {
    return new ProblemException(
        409, type, "Not possible in this state", title + ": it is " + order.state().label());
  }
}
