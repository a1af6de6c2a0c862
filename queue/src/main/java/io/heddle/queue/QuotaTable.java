package io.heddle.queue;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What {@linkplain Quota quotas} permit, as the messages themselves say it: there is no count that
 * could be wrong after a crash. A look reads no more of an owner's messages than the limit.
 */
final class QuotaTable {
  private static final String COUNT =
      "SELECT 1 FROM queue_message WHERE owner = ? AND stage IN ({stages}) AND state < 2"
          + " LIMIT 1 OFFSET ?";

  /**
   * When this receipt counts no more, there is one less than the limit. The signs keep databases
   * from going through the receipts of all owners, by the index of what is due.
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

  /** Keeps others from looking at an owner's quotas; before all other locks, to be in one order. */
  void lock(Session session, String owner, List<Quota> quotas) throws SQLException {
    if (lock != null && !quotas.isEmpty()) {
      session.prepare(lock, owner).execute();
    }
  }

  /** The first quota that permits no more; null if all do. */
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
    PreparedStatement statement =
        session.prepare(COUNT.replace("{stages}", stages), parameters.toArray());
    try (ResultSet rows = statement.executeQuery()) {
      return rows.next() ? new Quota.Exceeded(count, null) : null;
    }
  }

  private Quota.@Nullable Exceeded exceeded(Session session, String owner, Quota.Rate frequency)
      throws SQLException {
    PreparedStatement statement =
        session.prepare(rate, owner, frequency.receipts(), frequency.limit() - 1);
    try (ResultSet rows = statement.executeQuery()) {
      return rows.next()
          ? new Quota.Exceeded(frequency, Duration.of(rows.getLong(1), ChronoUnit.MICROS))
          : null;
    }
  }

  /** What is left behind when something is done for an owner. */
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
