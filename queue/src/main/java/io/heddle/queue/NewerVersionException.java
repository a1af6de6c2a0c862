package io.heddle.queue;

/**
 * Another process has converted the queue's tables for a newer version of this program. This
 * program does not know what they mean, so it must end: no call succeeds any more.
 */
public final class NewerVersionException extends QueueException {
  private static final long serialVersionUID = 1L;

  NewerVersionException(int found, int known) {
    super(
        "the queue's tables have version "
            + found
            + ", and this program knows versions up to "
            + known
            + ": a newer version of this program has converted them. Update this program, too");
  }
}
