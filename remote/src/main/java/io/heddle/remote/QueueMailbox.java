package io.heddle.remote;

import io.heddle.queue.ChannelQueue;
import io.heddle.queue.Delivery;
import io.heddle.queue.Message;
import io.heddle.queue.Outcome;
import io.heddle.queue.QueueException;
import io.heddle.queue.StageStats;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** A mailbox that is a stage of a queue. */
final class QueueMailbox implements Mailbox {
  private static final String STAGE = "note/";
  private static final int MANY = 100;

  /** Long enough to remove a note that was claimed. */
  private static final Duration LEASE = Duration.ofMinutes(1);

  private final ChannelQueue queue;
  private final String name;
  private final String stage;

  QueueMailbox(ChannelQueue queue, String name, String box) {
    this.queue = queue;
    this.name = name;
    this.stage = STAGE + box;
  }

  static void post(ChannelQueue queue, String box, String note)
      throws QueueException, InterruptedException {
    queue.publish(List.of(new Message(STAGE + box, UUID.randomUUID().toString(), note)));
  }

  @Override
  public List<String> receive() throws RemoteException, InterruptedException {
    try {
      List<String> notes = new ArrayList<>();
      for (Delivery delivery : queue.claim(stage, MANY, LEASE)) {
        notes.add(delivery.body());
        remove(queue, delivery);
      }
      return notes;
    } catch (QueueException e) {
      throw Failures.failed("receive notes in " + name, e);
    }
  }

  @Override
  public void close() {
    Calls.Ending<Boolean> ending =
        Calls.cleanUp(() -> {
          try {
            remove(queue, stage);
          } catch (QueueException e) {
            // the sweep removes them
          }
          return true;
        });
    if (ending instanceof Calls.Ending.Threw<Boolean>(Error e)) {
      throw e;
    }
  }

  /** Removes the notes for processes that have died. */
  static void sweep(ChannelQueue queue) throws QueueException, InterruptedException {
    for (StageStats stats : queue.stats()) {
      if (stats.stage().startsWith(STAGE) && stats.oldest().compareTo(Remote.WINDOW) > 0) {
        remove(queue, stats.stage());
      }
    }
  }

  private static void remove(ChannelQueue queue, String stage)
      throws QueueException, InterruptedException {
    List<Delivery> notes;
    do {
      notes = queue.tryClaim(stage, MANY, LEASE);
      for (Delivery note : notes) {
        remove(queue, note);
      }
    } while (!notes.isEmpty());
  }

  /** If that fails, the note comes again, which has no effect. */
  private static void remove(ChannelQueue queue, Delivery note) throws InterruptedException {
    try {
      queue.settle(note, Outcome.done());
    } catch (QueueException e) {
      // its lease ends
    }
  }
}
