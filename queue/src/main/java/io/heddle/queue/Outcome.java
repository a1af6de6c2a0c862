package io.heddle.queue;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The result of a delivery, which {@link Queue#settle} stores. */
public sealed interface Outcome {
  /**
   * The stage has done its work. The message is removed and messages to the next stage are
   * published, in one transaction.
   *
   * @param next the messages to publish; may be empty
   */
  record Done(List<Message> next) implements Outcome {
    /** Keeps a copy. */
    public Done {
      next = List.copyOf(next);
    }
  }

  /**
   * The attempt failed, and another one will follow.
   *
   * @param delay the time until then
   * @param reason why it failed, for people
   * @param body the message's new body, null to keep it
   */
  record Retry(Duration delay, String reason, @Nullable String body) implements Outcome {
    /** Checks that every engine can store it. */
    public Retry {
      Objects.requireNonNull(delay, "delay");
      Message.checkText("reason", reason);
      if (body != null) {
        Message.checkText("body", body);
      }
    }

    /** Another attempt with the same body. */
    public Retry(Duration delay, String reason) {
      this(delay, reason, null);
    }
  }

  /**
   * There was no attempt, for reasons other than the message itself, such as a rate limit or a
   * worker that is about to end. It does not count as an attempt.
   *
   * @param delay the time until the message is due again
   * @param reason why, for people
   * @param body the message's new body, null to keep it
   */
  record Defer(Duration delay, String reason, @Nullable String body) implements Outcome {
    /** Checks that every engine can store it. */
    public Defer {
      Objects.requireNonNull(delay, "delay");
      Message.checkText("reason", reason);
      if (body != null) {
        Message.checkText("body", body);
      }
    }

    /**
     * No attempt, with the same body.
     *
     * @param delay the time until the message is due again
     */
    public Defer(Duration delay, String reason) {
      this(delay, reason, null);
    }
  }

  /**
   * No attempt can succeed, or there were too many. The message is kept, with the reason, until it
   * is {@linkplain Queue#replay replayed} or {@linkplain Queue#purge purged}.
   *
   * @param reason why, for people
   * @param body the message's new body, null to keep it
   * @param next messages to publish in the same transaction, for example to report the death
   */
  record Dead(String reason, @Nullable String body, List<Message> next) implements Outcome {
    /** Checks that every engine can store it. */
    public Dead {
      Message.checkText("reason", reason);
      if (body != null) {
        Message.checkText("body", body);
      }
      next = List.copyOf(next);
    }

    /**
     * Gives up.
     *
     * @param body the message's new body, null to keep it
     */
    public Dead(String reason, @Nullable String body) {
      this(reason, body, List.of());
    }

    /** Gives up, with the same body. */
    public Dead(String reason) {
      this(reason, null);
    }
  }

  /**
   * The stage has done its work.
   *
   * @param next the messages to publish to the next stage
   */
  static Outcome done(Message... next) {
    return new Done(List.of(next));
  }
}
