package io.heddle.race.hook;

import io.heddle.race.clock.Explorer;
import io.heddle.race.clock.StateHolder;
import io.heddle.race.clock.SyncVar;
import io.heddle.race.clock.ThreadState;
import io.heddle.race.clock.VectorClock;
import org.jspecify.annotations.Nullable;

/**
 * What Heddle's own classes call once the agent has woven them: the edges that its types promise,
 * and no others. Its classes synchronise in more ways than they promise, each channel by a lock for
 * one; if these counted, many a race would be hidden by luck.
 *
 * <p>The hooks of channels are called with the channel's lock held. So they do not lock themselves,
 * and what they use is guarded by that lock.
 */
public final class HeddleHooks {
  /** The part of a read-write mutex that its readers release to. */
  private static final String READERS = "readers";

  private HeddleHooks() {}

  /** A goroutine has been given a thread of its own, and is about to be started. */
  public static void made(StateHolder goroutine) {
    goroutine.race$state(ThreadState.ofGoroutine());
  }

  /**
   * A goroutine begins. Its state is its own from now on, not that of the thread's last goroutine.
   *
   * @param goroutine the goroutine, on the calling thread
   */
  public static void begins(StateHolder goroutine) {
    if (goroutine.race$state() instanceof ThreadState state) {
      state.begin(goroutine.race$id());
    }
  }

  /**
   * The calling goroutine has its first turn in an exploration.
   *
   * @param explorer what gives the turns
   */
  public static void explores(Explorer explorer) {
    ThreadState.current().explore(explorer);
  }

  /**
   * A goroutine is about to be known to have ended.
   *
   * @param goroutine the goroutine, which is the calling one unless it never began
   */
  public static void ending(StateHolder goroutine) {
    if (goroutine.race$state() instanceof ThreadState state) {
      state.ending();
    }
  }

  /** The calling goroutine does nothing more. */
  public static void ended(StateHolder goroutine) {
    if (goroutine.race$state() instanceof ThreadState state) {
      goroutine.race$state(state.last()); // all that is still needed
      state.end();
    }
  }

  /** The calling thread knows that a goroutine has ended. */
  public static void joined(StateHolder goroutine) {
    Object known = goroutine.race$state();
    if (known instanceof ThreadState state) {
      VectorClock last = state.last();
      known = last == null ? goroutine.race$state() : last; // it may have been replaced meanwhile
    }
    if (known instanceof VectorClock last) {
      ThreadState.current().acquire(last);
    }
  }

  /** The calling thread may know that a goroutine has ended. */
  public static void joinedIf(StateHolder goroutine, boolean done) {
    if (done) {
      joined(goroutine);
    }
  }

  /** What the calling thread has done happens before what those do who acquire. */
  public static void release(Object object) {
    SyncVar.of(object).release(ThreadState.current());
  }

  /** Everything that was released happens before the calling thread's next actions. */
  public static void acquire(Object object) {
    SyncVar known = SyncVar.known(object);
    if (known != null) {
      known.acquire(ThreadState.current());
    }
  }

  /** As {@link #acquire}, if an operation has succeeded. */
  public static void acquireIf(Object object, boolean success) {
    if (success) {
      acquire(object);
    }
  }

  /** As {@link #acquire}, if an operation has returned something. */
  public static void acquireIfSome(Object object, @Nullable Object result) {
    if (result != null) {
      acquire(object);
    }
  }

  // Locks. A read-write mutex has two clocks: its own, which writers release to and all acquire,
  // and its readers', which writers acquire. So readers are not ordered among themselves.

  /** A lock has been locked. */
  public static void locked(Object lock) {
    acquire(lock);
    ThreadState.current().locked(lock);
  }

  /** A lock has been tried. */
  public static void lockedIf(Object lock, boolean success) {
    if (success) {
      locked(lock);
    }
  }

  /** A lock is about to be unlocked. */
  public static void unlocking(Object lock) {
    release(lock);
    ThreadState.current().unlocked(lock);
  }

  // Waits. A waker acts for a waiter that it has claimed, but must not touch its node any more: so
  // each leaves its clock where the other finds it, before.

  /** A thread is about to wait: from now on a waker may act for it. */
  public static void preparing(WaiterView waiter) {
    waiter.race$offered(ThreadState.current().snapshot());
  }

  /**
   * A waker is about to claim a waiter.
   *
   * @param node its place in the queue
   */
  public static void claiming(WaiterView waiter, NodeView node) {
    if (node.race$on() instanceof HandOver on) {
      ThreadState waker = ThreadState.current();
      waker.claims(on, (VectorClock) waiter.race$offered());
      node.race$clock(ChannelClocks.failsToSend(on, node) ? null : waker.snapshot());
    }
  }

  /** A waker has tried to claim a waiter. */
  public static void claimed(boolean success) {
    ThreadState waker = ThreadState.current();
    if (success && waker.claimedOn() instanceof ChannelView channel) {
      ChannelClocks.claimed(channel, waker);
    }
    waker.claimEnds();
  }

  /**
   * A wait is over.
   *
   * @param waiter the calling thread's waiter
   */
  public static void woken(WaiterView waiter) {
    if (waiter.race$winner() instanceof NodeView winner) {
      ThreadState.current().acquire((VectorClock) winner.race$clock());
    }
  }

  /** A select has chosen a case of something that is acquired as a whole. */
  public static void chosen(@Nullable NodeView found) {
    if (found != null && found.race$on() instanceof Acquirable on) {
      acquire(on);
    }
  }

  /**
   * A receive from a source has taken effect.
   *
   * @param source a channel, or another source
   * @param item the received value
   * @param success false if the source is to be looked at again
   */
  public static void received(Object source, @Nullable Object item, boolean success) {
    if (success) {
      if (source instanceof ChannelView channel) {
        ChannelClocks.acquireClose(channel, item);
      } else {
        acquire(source);
      }
    }
  }

  /** A read-write mutex has been locked. */
  public static void lockedFor(Object lock, boolean writes) {
    locked(lock);
    if (writes) {
      SyncVar.of(lock, READERS).acquire(ThreadState.current());
    }
  }

  /** A read-write mutex has been locked for writing, or not. */
  public static void lockedToWrite(Object lock, boolean success) {
    if (success) {
      lockedFor(lock, true);
    }
  }

  /** A read-write mutex has been locked for reading, or not. */
  public static void lockedToRead(Object lock, boolean success) {
    if (success) {
      lockedFor(lock, false);
    }
  }

  /**
   * A read-write mutex is about to be unlocked by a reader: writers are after it, readers are not.
   */
  public static void unlockingReader(Object lock) {
    ThreadState thread = ThreadState.current();
    SyncVar.of(lock, READERS).release(thread);
    thread.unlocked(lock);
  }

  /** A wait group's counter is about to change. */
  public static void adding(Object group, int delta) {
    if (delta < 0) {
      release(group);
    }
  }

  // Deferred starts: the goroutine inherits from the thread that arranged it, not only from the one
  // that starts it, which may be the thread of the clock.

  /**
   * The goroutines that the calling thread starts from now on inherit from this object, too.
   *
   * @param arranged an alarm, or a start that was deferred
   */
  public static void inherit(Object arranged) {
    SyncVar known = SyncVar.known(arranged);
    if (known != null) {
      ThreadState.current().bequeath(known.clock());
    }
  }

  /**
   * An alarm goes off.
   *
   * @param alarm the alarm, to which whoever set it has released
   */
  public static void alarmBegins(Object alarm) {
    SyncVar known = SyncVar.known(alarm);
    ThreadState.current().beginAlarm(known == null ? VectorClock.ZERO : known.clock());
  }

  /** An alarm has gone off. */
  public static void alarmEnds() {
    ThreadState.current().endAlarm();
  }

  /** The starts for {@link #inherit} are over. */
  public static void inheritNoMore() {
    ThreadState.current().bequeathNoMore();
  }
}
