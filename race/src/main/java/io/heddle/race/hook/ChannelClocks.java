package io.heddle.race.hook;

import io.heddle.race.clock.ThreadState;
import io.heddle.race.clock.VectorClock;
import io.heddle.race.shadow.Shadow;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The edges of one channel, each place of the buffer with a clock of its own: send k happens before
 * receive k, and receive k before send k+C. With one clock for the whole channel, each send would
 * happen before every later receive, and races would be hidden.
 *
 * <p>A value that passes from a sender to a waiting receiver, or from a waiting sender into the
 * buffer, is dealt with as if it had gone through the buffer.
 *
 * <p>All but {@link #closing} and {@link #acquireClose} is guarded by the channel's lock.
 */
public final class ChannelClocks {
  /** A send reads the channel and a close writes it: without order, the send may panic. */
  private final Shadow itself = new Shadow(1);

  private final VectorClock[] places;
  private int sendAt;
  private int receiveAt;

  private volatile VectorClock closed = VectorClock.ZERO;

  private ChannelClocks(int capacity) {
    this.places = new VectorClock[Math.max(capacity, 0)];
    Arrays.fill(places, VectorClock.ZERO);
  }

  /**
   * A channel has been made.
   *
   * @param channel the channel
   */
  public static void made(ChannelView channel) {
    channel.race$clocks(new ChannelClocks(channel.race$capacity()));
  }

  private static ChannelClocks of(ChannelView channel) {
    return (ChannelClocks) Objects.requireNonNull(channel.race$clocks());
  }

  /**
   * A value is about to be put into the buffer.
   *
   * @param channel the channel
   */
  public static void enqueuing(ChannelView channel) {
    ChannelClocks clocks = of(channel);
    clocks.exchange(clocks.sendAt, ThreadState.current());
    clocks.sendAt = clocks.next(clocks.sendAt);
  }

  /**
   * The first value has been taken out of the buffer.
   *
   * @param channel the channel
   * @param sender the waiting sender whose value has taken its place; null if there was none
   */
  public static void dequeued(ChannelView channel, @Nullable Object sender) {
    ChannelClocks clocks = of(channel);
    ThreadState thread = ThreadState.current();
    int place = clocks.receiveAt;
    clocks.exchange(place, thread);
    clocks.receiveAt = clocks.next(place);
    if (sender != null) { // what this thread left is in the sender's node
      clocks.places[place] = thread.offered();
      clocks.sendAt = clocks.receiveAt;
    }
  }

  /** A waiter was claimed by a thread that has not taken anything out of the buffer. */
  static void claimed(ChannelView channel, ThreadState waker) {
    if (!channel.race$isClosed()) {
      if (channel.race$capacity() == 0) {
        waker.acquire(waker.offered());
      } else if (channel.race$count() == 0) { // it is a receiver
        ChannelClocks clocks = of(channel);
        int place = clocks.sendAt;
        clocks.exchange(place, waker);
        clocks.places[place] = waker.offered();
        clocks.sendAt = clocks.next(place);
        clocks.receiveAt = clocks.sendAt;
      }
    }
  }

  /** Whether a waiter is about to be claimed to learn that it cannot send. */
  static boolean failsToSend(Object on, NodeView node) {
    return on instanceof ChannelView channel && channel.race$isClosed() && node.race$item() != null;
  }

  /**
   * The thread learns what the one before it has left at the place, and leaves what it knew before.
   */
  private void exchange(int place, ThreadState thread) {
    VectorClock left = places[place];
    places[place] = thread.snapshot();
    thread.acquire(left);
  }

  private int next(int place) {
    return place + 1 == places.length ? 0 : place + 1;
  }

  /**
   * A channel is about to be closed.
   *
   * @param channel the channel
   */
  public static void closing(ChannelView channel) {
    ChannelClocks clocks = of(channel);
    ThreadState thread = ThreadState.current();
    thread.lockedOutside(); // it is not the time for another's turn
    clocks.itself.write(thread, 0, thread.caller, thread.callSite, channel);
    thread.unlockedOutside();
    synchronized (clocks) {
      clocks.closed = clocks.closed.join(thread.snapshot());
    }
  }

  /**
   * A value is about to be sent.
   *
   * @param channel the channel
   */
  public static void sending(ChannelView channel) {
    ThreadState thread = ThreadState.current();
    thread.lockedOutside(); // it is not the time for another's turn
    of(channel).itself.read(thread, 0, thread.caller, thread.callSite, channel);
    thread.unlockedOutside();
  }

  /**
   * Something was received, or the thread has learned that nothing more will be.
   *
   * @param channel the channel
   * @param item the received value; null if the channel is closed
   */
  public static void acquireClose(ChannelView channel, @Nullable Object item) {
    if (item == null) {
      ThreadState.current().acquire(of(channel).closed);
    }
  }

  /**
   * The thread has asked whether the channel is closed and empty.
   *
   * @param channel the channel
   * @param drained whether it is
   */
  public static void drained(ChannelView channel, boolean drained) {
    if (drained) {
      ThreadState.current().acquire(of(channel).closed);
    }
  }
}
