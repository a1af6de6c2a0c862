package io.heddle.queue;

import java.sql.SQLException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Enforces {@linkplain Quota quotas} by counting the messages themselves, so no counter can be
 * wrong after a crash. A query reads at most as many of an owner's messages as the limit.
 */
final class QuotaTable {
  private static final String COUNT =
      "SELECT 1 FROM queue_message WHERE owner = ? AND stage IN ({stages}) AND state < 2"
          + " LIMIT 1 OFFSET ?";

  /**
   * Finds the receipt after whose end the owner has one receipt less than the limit. The plus signs
   * keep the database from scanning the receipts of all owners in the index of due messages.
   */
  private static final String RATE =
      "SELECT due - {now} FROM queue_message WHERE owner = ? AND stage = ? AND state = 0"
          + " AND +due > {now} ORDER BY +due DESC LIMIT 1 OFFSET ?";

  private final @Nullable String lock;
  private final String rate;

  /**
   * Makes the statements.
   *
   * @param now the expression for the time of the queue's clock
   * @param lock a statement that keeps other transactions from locking the same owner until this
   *     one has ended; null if there is one writer at a time anyway
   */
  QuotaTable(String now, @Nullable String lock) {
    this.lock = lock;
    this.rate = RATE.replace("{now}", now);
  }

  /** Locks an owner's quotas. Acquired before all other locks, so that no deadlock is possible. */
  void lock(Session session, String owner, List<Quota> quotas) throws SQLException {
    if (lock != null && !quotas.isEmpty()) {
      session.prepare(lock, owner).execute();
    }
  }

  /** The first quota that is used up; null if absent. */
  Quota.@Nullable Exceeded exceeded(Session session, String owner, List<Quota> quotas)
      throws SQLException {
    for (Quota quota : quotas) {
      Quota.Exceeded found =
          switch (quota) {
            case Quota.Count count -> exceeded(session, owner, count);
            case Quota.Rate frequency -> exceeded(session, owner, frequency);
          };
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  private static Quota.@Nullable Exceeded exceeded(Session session, String owner, Quota.Count count)
      throws SQLException {
    String stages = String.join(", ", Collections.nCopies(count.stages().size(), "?"));
    List<Object> parameters = new ArrayList<>(List.of(owner));
    parameters.addAll(count.stages());
    parameters.add(count.limit() - 1);
    return session.first(
        _ -> new Quota.Exceeded(count, null),
        COUNT.replace("{stages}", stages),
        parameters.toArray());
  }

  private Quota.@Nullable Exceeded exceeded(Session session, String owner, Quota.Rate frequency)
      throws SQLException {
    return session.first(
        row -> new Quota.Exceeded(frequency, Duration.of(row.getLong(1), ChronoUnit.MICROS)),
        rate,
        owner,
        frequency.receipts(),
        frequency.limit() - 1);
  }

  /** The receipts for a message of an owner. */
  static List<Message> receipts(String owner, List<Quota> quotas) {
    List<Message> receipts = new ArrayList<>();
    for (Quota quota : quotas) {
      if (quota instanceof Quota.Rate(String stage, _, Duration window)) {
        receipts.add(new Message(stage, UUID.randomUUID().toString(), "", window, owner));
      }
    }
    return receipts;
  }
}
