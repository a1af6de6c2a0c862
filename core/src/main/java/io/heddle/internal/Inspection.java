package io.heddle.internal;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The access of io.heddle.inspect to the internals of io.heddle. The implementation registers
 * itself here, so that this package depends on nothing. The goroutines continue while they are
 * inspected, so parts of one result may be of different moments. No result keeps a goroutine, a
 * channel or a context from being collected.
 *
 * <p>Goroutines are identified by keys, which consist of the number of the program and the number
 * of the goroutine in it, and other threads by their numbers, which are smaller than any key.
 * Channels, locks and contexts are identified by numbers that are unique in the JVM, too.
 */
public abstract class Inspection {
  /** The memory for each worker's events, if no other size is wanted. */
  public static final int TRACE_BYTES = 4 << 20;

  private static final String OTHER_SIDE = "io.heddle.Inspecting";

  private static volatile @Nullable Inspection instance;

  /** For the implementation. */
  protected Inspection() {}

  /**
   * The one there is.
   *
   * @return the implementation
   */
  public static Inspection get() {
    Inspection known = instance;
    if (known == null) {
      try {
        Class.forName(OTHER_SIDE, true, Inspection.class.getClassLoader());
      } catch (ClassNotFoundException e) {
        throw new AssertionError("part of this module", e);
      }
      known = Objects.requireNonNull(instance);
    }
    return known;
  }

  /**
   * Registers the implementation.
   *
   * @param otherSide the only one
   */
  protected static void register(Inspection otherSide) {
    instance = otherSide;
  }

  /**
   * Goroutines, all or some of them.
   *
   * @param total how many there are
   * @param states how many there are in each state, or waiting for each reason
   * @param some those that were looked at, the same number of others between any two of them
   */
  public record Goroutines(long total, Map<String, Long> states, List<GoroutineState> some) {}

  /**
   * A goroutine.
   *
   * @param key what identifies it
   * @param program the number of its program
   * @param id its number in the program
   * @param name null if it was given none
   * @param state "running", "runnable, not started", "waiting", "waiting outside Heddle", "monitor"
   *     or "ended"
   * @param waitReason what it waits for in Heddle; null if it does not
   * @param waitedNanos for how long at least it has waited in Heddle; -1 if it does not
   * @param waits the objects that it waits for: several in a select
   * @param heldBy what holds the lock that it waits for, for people; null if that is not known
   * @param stack the innermost frame first
   * @param contextError what ended the context that it runs under; null if that is not done
   * @param context the number of that context; 0 if it is the background or foreign
   * @param createdBy where it was created, and by which goroutine
   * @param labels what identifies the context that it inherited, such as a trace id
   */
  public record GoroutineState(
      long key,
      long program,
      long id,
      @Nullable String name,
      String state,
      @Nullable String waitReason,
      long waitedNanos,
      List<Wait> waits,
      @Nullable String heldBy,
      List<StackTraceElement> stack,
      @Nullable String contextError,
      long context,
      String createdBy,
      Map<String, String> labels) {}

  /**
   * A wait of a goroutine for an object.
   *
   * @param object the number of the object
   * @param sends whether it waits to send
   */
  public record Wait(long object, boolean sends) {}

  /**
   * Something that goroutines wait for, or a channel with a name.
   *
   * @param id its number
   * @param kind its type, such as Chan or Mutex
   * @param name null if it was given none
   * @param len how many values a channel has buffered
   * @param cap for how many a channel has room
   * @param closed whether a channel is closed
   * @param passed how many values a channel has taken over; wraps around
   * @param senders how many goroutines wait to send
   * @param receivers how many goroutines wait for it otherwise
   * @param waiting the keys of some of the goroutines that wait
   * @param holders the keys of the goroutines that have to act before those that wait can continue,
   *     as far as they are known: those that have locked it, or the one whose end it is
   */
  public record ObjectState(
      long id,
      String kind,
      @Nullable String name,
      int len,
      int cap,
      boolean closed,
      int passed,
      int senders,
      int receivers,
      List<Long> waiting,
      List<Long> holders) {}

  /**
   * A context that can be cancelled.
   *
   * @param id its number
   * @param parent the number of the next such context above; 0 if absent
   * @param origin how it was made
   * @param madeAt where it was made; null if that is unknown
   * @param deadline null if absent
   * @param end what ended it, by whom and where; null if it is not done
   * @param goroutines how many goroutines run directly under it
   */
  public record ContextState(
      long id,
      long parent,
      String origin,
      @Nullable String madeAt,
      @Nullable Instant deadline,
      @Nullable String end,
      long goroutines) {}

  /**
   * The scheduler.
   *
   * @param summary which one it is, and why
   * @param parallelism how many goroutines can run at the same time
   * @param queued how many tasks belong to no worker; -1 on the JDK's scheduler, of which nothing
   *     more is known
   * @param stuck how many workers have run one goroutine for a long time
   * @param steals how often a worker took tasks from another
   * @param workers each worker
   * @param timers how many alarms are set
   * @param nextTimerNanos in how many nanoseconds the next one may be due; -1 if none is set
   */
  public record SchedulerState(
      String summary,
      int parallelism,
      int queued,
      int stuck,
      long steals,
      List<WorkerState> workers,
      int timers,
      long nextTimerNanos) {}

  /**
   * A worker of Heddle's scheduler.
   *
   * @param name its name
   * @param state "running", "searching" or "parked"
   * @param queued its tasks that have not begun
   * @param tasks how many tasks it has begun
   */
  public record WorkerState(String name, String state, int queued, long tasks) {}

  /**
   * Something that is to happen at a point in time.
   *
   * @param nanos in how many nanoseconds; negative if it is overdue
   * @param what what happens then
   * @param waiter the key of the goroutine or thread that waits for it; 0 if none does
   */
  public record TimerState(long nanos, String what, long waiter) {}

  /**
   * A stage of a pipeline.
   *
   * @param pipeline a number that all stages of one pipeline have
   * @param kind the method that starts such a stage; "body" for the code that runs the pipeline
   * @param place where the program called that method
   * @param ins the numbers of the channels that it receives from, as far as they are known
   * @param outs those of the channels that it sends to
   * @param channels the states of these
   * @param goroutines how many goroutines run it
   * @param receiving how many of them wait to receive from a channel of the pipeline
   * @param sending how many wait to send to one
   */
  public record StageState(
      long pipeline,
      String kind,
      String place,
      List<Long> ins,
      List<Long> outs,
      List<ObjectState> channels,
      int goroutines,
      int receiving,
      int sending) {}

  /**
   * What the flight recorder holds of one worker.
   *
   * @param worker the number of the worker; 0 for other threads
   * @param name its name
   * @param entries two longs each, the oldest first: see {@code io.heddle.scheduler.Recorder}
   */
  @SuppressWarnings("ArrayRecordComponent") // it may be large, and belongs to the reader alone
  public record Track(int worker, String name, long[] entries) {}

  /**
   * The goroutines of all programs.
   *
   * @param most how many are looked at, evenly distributed over all
   * @return their states
   */
  public abstract Goroutines goroutines(int most);

  /**
   * What goroutines and other threads are called.
   *
   * @param keys what identifies them
   * @return for each key the goroutine's name, or else what it is and its number
   */
  public abstract Map<Long, String> names(Set<Long> keys);

  /**
   * One goroutine.
   *
   * @param key what identifies it
   * @return null if it has ended
   */
  public abstract @Nullable GoroutineState goroutine(long key);

  /**
   * The channels with names, and everything that goroutines wait for.
   *
   * @param most how many at most of those without a name
   * @return their states
   */
  public abstract List<ObjectState> objects(int most);

  /**
   * The contexts under which goroutines run, and those above and below.
   *
   * @param most how many at most
   * @return their states
   */
  public abstract List<ContextState> contexts(int most);

  /**
   * The stages of the pipelines that run.
   *
   * @return in the order in which they were started
   */
  public abstract List<StageState> stages();

  /**
   * The scheduler and the timers.
   *
   * @return their state
   */
  public abstract SchedulerState scheduler();

  /**
   * The timers of the system clock that are due next. Of very many, some may be missing.
   *
   * @param most how many at most
   * @return the earliest first
   */
  public abstract List<TimerState> timers(int most);

  /**
   * Cancels a goroutine, as its handle does.
   *
   * @param key what identifies it
   * @return false if it has ended
   */
  public abstract boolean cancel(long key);

  /**
   * The labels that the calling goroutine has given itself, or has from its creator.
   *
   * @return none for other threads, and in a JVM that was not started to be observed
   */
  public abstract Map<String, String> labels();

  /**
   * Gives the calling goroutine labels in the place of those. Other threads have none.
   *
   * @param labels names and values
   */
  public abstract void setLabels(Map<String, String> labels);

  /**
   * Has a worker run a task as soon as it can.
   *
   * @param task must not block
   */
  public abstract void probe(Runnable task);

  /**
   * Begins to record what goroutines and workers do.
   *
   * @param bytes the memory for each worker
   * @return false if it was recording already, or if the JVM was not started for it
   */
  public abstract boolean beginTrace(int bytes);

  /** Ends recording. */
  public abstract void endTrace();

  /**
   * Copies what is recorded.
   *
   * @return one for each worker
   */
  public abstract List<Track> trace();

  /**
   * The text of a wait's reason.
   *
   * @param number as the recorder has it
   * @return such as "chan receive"
   */
  public abstract String waitReason(int number);

  /**
   * The frames of a stack that belong to the program, and those of the API that it calls.
   *
   * @param stack the innermost frame first
   * @return these frames, in the same order
   */
  public abstract List<StackTraceElement> ownFrames(List<StackTraceElement> stack);
}
