package io.heddle.queue;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What became of a delivery, and so of its message: {@link Queue#settle} stores it. */
public sealed interface Outcome {
  /**
   * The stage has done its work. The message is removed and those of the next stage are published,
   * in one transaction.
   *
   * @param next what is published; may be empty
   */
  record Done(List<Message> next) implements Outcome {
    /** Keeps a copy. */
    public Done {
      next = List.copyOf(next);
    }
  }

  /**
   * The attempt failed, and there is to be another.
   *
   * @param delay the time until then
   * @param reason why it failed, for people
   * @param body the message's body from now on, null to keep it
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
   * There was no attempt, for reasons that are not the message's own: a rate limit, or a worker
   * that is about to end. It does not count as one.
   *
   * @param delay the time until the message is due again
   * @param reason why, for people
   * @param body the message's body from now on, null to keep it
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
     * No attempt, and the same body.
     *
     * @param delay the time until the message is due again
     */
    public Defer(Duration delay, String reason) {
      this(delay, reason, null);
    }
  }

  /**
   * No attempt will ever succeed, or there were enough. The message is kept, with the reason, until
   * it is {@linkplain Queue#replay replayed} or {@linkplain Queue#purge purged}.
   *
   * @param reason why, for people
   * @param body the message's body from now on, null to keep it
   */
  record Dead(String reason, @Nullable String body) implements Outcome {
    /** Checks that every engine can store it. */
    public Dead {
      Message.checkText("reason", reason);
      if (body != null) {
        Message.checkText("body", body);
      }
    }

    /** Gives up with the body as it is. */
    public Dead(String reason) {
      this(reason, null);
    }
  }

  /**
   * The stage has done its work.
   *
   * @param next what is published to the next one
   */
  static Outcome done(Message... next) {
    return new Done(List.of(next));
  }
}
