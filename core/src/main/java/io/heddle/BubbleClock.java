package io.heddle;

import io.heddle.internal.Stuck;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The clock of a bubble, which is a program whose time is virtual: Go's {@code testing/synctest}.
 * Time stands still while any of the bubble's goroutines is active, and jumps to the next deadline
 * when all of them are durably blocked.
 *
 * <h2>Protocol</h2>
 *
 * <p>A goroutine is <i>active</i> unless it is parked on what only another goroutine of the bubble,
 * or its clock, can make ready: a deadline, or an object that belongs to the bubble. So one that
 * waits for I/O, a monitor, another thread or an object from outside is active. An object that a
 * program makes belongs to the bubble it is made in. One that Heddle makes on demand, such as the
 * end of a goroutine, belongs to the bubble that can make it ready.
 *
 * <ul>
 *   <li>A goroutine is counted in by the thread that starts it, before its own thread starts.
 *   <li>A goroutine that parks counts itself out under the guard, after it has checked there that
 *       it was not claimed.
 *   <li>A thread that wakes a parked goroutine counts it in, under the guard. The waker itself is
 *       active until then, so the count does not become zero in between.
 *   <li>The thread that counts the last one out moves the clock. It counts as active meanwhile.
 * </ul>
 *
 * <p>An unpark that comes late, after its waiter saw the claim and resumed, only makes a later park
 * return early: {@link Waiter#sleep} looks again. An interrupt that a goroutine's own means send
 * goes through {@link #interrupt}; for those that a thread's {@code interrupt()} sends the clock
 * looks before it moves.
 *
 * <p>A bubble ends when no goroutine is active and nothing can change that: because its main
 * goroutine has ended, which stops time, or because there is no deadline. Goroutines that are then
 * left are {@link #stuck}. After that the {@link Program} interrupts them, and time moves again so
 * that they can clean up.
 */
class BubbleClock extends Clock {
  /** The time at which every bubble begins, which is that of Go's. */
  static final Instant START = Instant.parse("2000-01-01T00:00:00Z");

  /** Whether there ever was a bubble. While there was none, nothing made can belong to one. */
  private static boolean used;

  final SpinLock guard = new SpinLock() {};
  final AlarmHeap alarms = new AlarmHeap();
  final Set<Member> members = new LinkedHashSet<>();
  final Program root = new Program(this);
  private int numbers;
  private int active;
  private boolean mainEnded;
  private @Nullable Signal settling;

  /** Whether the bubble has ended and left nothing behind that might use an object of it. */
  private volatile boolean over;

  private volatile long now;
  private volatile boolean finished;
  private volatile boolean abandoned;

  /** Whether a thread moves the clock. Guarded. */
  boolean moving;

  private volatile @Nullable Stuck stuck;

  BubbleClock() {
    markUsed();
  }

  /** The bubble's goroutines see it, as they are started after it. */
  private static void markUsed() {
    used = true;
  }

  /** The bubble of the calling goroutine, null if it is in none. */
  static @Nullable BubbleClock current() {
    return used ? of(Program.current()) : null;
  }

  /** The bubble that a program runs in, null if it runs in none. */
  static @Nullable BubbleClock of(Program program) {
    return program.clock() instanceof BubbleClock bubble ? bubble : null;
  }

  /**
   * Runs a bubble until it comes to rest.
   *
   * @return the goroutines that are left then, null if no goroutine is left
   * @throws PanicException if a goroutine failed
   */
  @Nullable Stuck run(Task main) throws InterruptedException {
    try {
      root.run(main);
      over = stuck == null;
    } finally {
      abandon();
    }
    return stuck;
  }

  /** Has goroutines that did not heed their interrupt end at whatever they do next. */
  private void abandon() {
    abandoned = true;
    left().forEach(this::resume);
  }

  private List<Member> left() {
    guard.enter();
    try {
      return List.copyOf(members);
    } finally { // there may be no memory
      guard.exit();
    }
  }

  @Override
  long nanoTime() {
    return now;
  }

  @Override
  Instant now() {
    return START.plusNanos(now);
  }

  RandomGenerator random() {
    return ThreadLocalRandom.current();
  }

  /** Whether only the bubble's goroutines and its clock can make the object ready. */
  final boolean contains(Waitable on) {
    return on.bubble == this || (on instanceof Source<?> source && !source.isLive());
  }

  /**
   * Whether an object of this bubble may be used by others from now on: a lock, say, that a static
   * initialiser made when a test first used its class. What depends on the bubble's clock may not.
   */
  final boolean isOverFor(Waitable on) {
    return over && !(on instanceof TimerSource);
  }

  /**
   * Throws if the caller may not use an object of this bubble.
   *
   * @return whether the caller is one of its goroutines
   */
  final boolean admits(Waitable on) {
    if (current() == this) {
      checkAbandoned();
      return true;
    }
    if (on.isExclusive()) {
      throw new IllegalStateException(
          on.getClass().getSimpleName()
              + " of a bubble used from outside: only goroutines that were started in the bubble"
              + " it was made in may use it. If a static initialiser made it, initialise that"
              + " class before the bubble starts");
    }
    return false;
  }

  final void checkAbandoned() {
    if (abandoned) {
      throw new Abandoned();
    }
  }

  /** A point at which the schedule may change, after waking a goroutine, for instance. */
  void decide() {}

  /** As {@link #decide}, before an operation. */
  void operation() {}

  /** As {@link #decide}, for a goroutine that wants others to go first. */
  void giveWay() {
    Turns.giveWay();
  }

  /** Called by a new goroutine before its task. */
  void begin(Member member) {}

  /** With the guard held: a goroutine has become active. */
  void ready(Member member) {}

  /**
   * With the guard held: the calling goroutine has been counted out, or waits for something
   * outside.
   */
  void released(Member member) {}

  /** With the guard held, after the clock has moved, if it had to. */
  void schedule() {}

  /** Called by a goroutine, which waits for its turn. */
  void awaitTurn(Member member) {
    while (member.parked) {
      try {
        LockSupport.park(member.routine);
      } catch (StackOverflowError e) { // its stack is too deep to be set aside: it does not wait
        resume(member);
        throw e;
      }
      if (Thread.currentThread().isInterrupted()) {
        resume(member);
      }
    }
  }

  /** Waits for something outside of the bubble, which counts as activity. May return early. */
  void parkOutside(Member member) {
    LockSupport.park(member.routine);
  }

  /** Has the run end at once, and its goroutines at whatever they do next. */
  final void giveUp() {
    abandoned = true;
    finish();
  }

  @Override
  final Member admit(Routine routine) {
    guard.enter();
    int number = ++numbers;
    guard.exit();
    return new Member(this, routine, number);
  }

  final void add(Member member) {
    guard.enter();
    try {
      members.add(member);
      active++;
      ready(member);
      schedule();
    } finally { // there may be no memory
      guard.exit();
    }
  }

  final void remove(Member member) {
    guard.enter();
    members.remove(member);
    released(member);
    rest();
  }

  @Override
  final void park(Waiter waiter, long deadline) {
    Member member = member(waiter);
    checkAbandoned();
    if (!member.waitsWithin()) {
      parkOutside(member);
      return;
    }
    guard.enter();
    if (abandoned || !waiter.isWaiting() || Thread.currentThread().isInterrupted()) {
      guard.exit();
      return;
    }
    if (deadline != NEVER) {
      setAlarm(member, deadline);
    }
    member.parked = true;
    released(member);
    rest();
    awaitTurn(member);
  }

  @Override
  final void unpark(Waiter waiter) {
    resume(member(waiter));
    decide();
  }

  @Override
  final void interrupt(Routine routine) {
    Member member = member(routine);
    member.thread().interrupt();
    resume(member);
    decide();
  }

  /** Makes a goroutine active if it is parked. */
  final void resume(Member member) {
    guard.enter();
    if (member.parked) {
      member.parked = false;
      alarms.remove(member);
      active++;
      ready(member);
      schedule();
    }
    guard.exit();
    Turns.unpark(member.thread());
  }

  /** With the guard held. Without memory for it, lets the guard go. */
  private void setAlarm(Alarm alarm, long deadline) {
    try {
      alarms.add(alarm, deadline);
    } catch (Throwable e) {
      guard.exit();
      throw e;
    }
  }

  @Override
  final boolean start(Alarm alarm, long deadline) {
    guard.enter();
    boolean set = alarms.remove(alarm);
    boolean due = deadline <= now;
    if (!due) {
      setAlarm(alarm, deadline);
    }
    guard.exit();
    if (due) {
      alarm.goOff();
    }
    return set;
  }

  @Override
  final boolean stop(Alarm alarm) {
    guard.enter();
    boolean stopped = alarms.remove(alarm);
    guard.exit();
    return stopped;
  }

  @Override
  final void mainEnded(Program program) {
    if (program == root) {
      mainEnded = true; // seen under the guard that its goroutine takes at its very end
    } else {
      program.end();
    }
  }

  /** Waits until all other goroutines of the bubble are durably blocked. */
  final void settle() throws InterruptedException {
    Signal settled = new Signal(WaitReason.SETTLE, this);
    guard.enter();
    boolean alone = settling == null;
    if (alone) {
      settling = settled;
    }
    guard.exit();
    if (!alone) {
      throw new IllegalStateException("another goroutine already waits for the bubble to settle");
    }
    try {
      settled.receive();
    } finally {
      guard.enter();
      if (settling == settled) {
        settling = null;
      }
      guard.exit();
    }
  }

  private static Member member(Waiter waiter) {
    return Objects.requireNonNull(((Routine) waiter).member(), "not a goroutine of a bubble");
  }

  /**
   * With the guard held, which it releases: counts one goroutine out, and moves the clock if it was
   * the last.
   */
  private void rest() {
    active--;
    boolean moved = true;
    while (active == 0 && moved) {
      active = 1; // the calling thread, on behalf of the clock
      moving = true;
      guard.exit();
      moved = move();
      guard.enter();
      moving = false;
      active--;
    }
    schedule();
    guard.exit();
  }

  /** Makes a goroutine active; false if none ever will be. */
  private boolean move() {
    List<Alarm> due = new ArrayList<>();
    Signal settled;
    guard.enter();
    try {
      if (active > 1) { // an interrupt has come in between
        return true;
      }
      for (Member member : members) {
        if (member.parked && (member.thread().isInterrupted() || member.interrupted)) {
          due.add(member);
        }
      }
      settled = due.isEmpty() ? settling : null;
      if (settled != null) {
        settling = null;
      } else if (due.isEmpty() && (!mainEnded || finished)) {
        advance(due);
      }
    } finally { // there may be no memory
      guard.exit();
    }
    if (settled != null) {
      settled.fire();
      return true;
    }
    if (due.isEmpty()) {
      finish();
      return abandonHopeless();
    }
    goOff(due);
    return true;
  }

  /** Whether the root program is to end: from then on its schedule does not matter. */
  final boolean isOver() {
    return finished || root.isOver();
  }

  /** With the guard held: goes to the next deadline, and takes out all alarms that it has. */
  private void advance(List<Alarm> due) {
    Alarm first = alarms.first();
    if (first != null) {
      now = first.key;
      for (Alarm next = first; next != null && next.key <= now; next = alarms.first()) {
        alarms.remove(next);
        due.add(next);
      }
    }
  }

  /** In no particular order: programs must not count on one among equal times. */
  private void goOff(List<Alarm> due) {
    if (due.size() > 1) {
      Collections.shuffle(due, Random.from(random()));
    }
    for (Alarm alarm : due) {
      try {
        alarm.goOff();
      } catch (Throwable e) { // one alarm's failure must not stop the clock for the others
        Program.report(Thread.currentThread(), e);
      }
    }
  }

  private void finish() {
    guard.enter();
    boolean first = !finished;
    finished = true;
    guard.exit();
    if (first) {
      try {
        List<Member> left = left();
        if (!left.isEmpty()) {
          stuck = new Stuck(mainEnded, describe(left));
        }
      } finally {
        root.end();
      }
    }
  }

  /**
   * Gives up goroutines that were interrupted at the end of the bubble and still wait for each
   * other, for example for a lock that an abandoned goroutine holds. False if there is no such
   * goroutine.
   */
  private boolean abandonHopeless() {
    guard.enter();
    boolean hopeless = !abandoned && !members.isEmpty();
    for (Member member : members) {
      hopeless &= member.routine.isCancelled();
    }
    guard.exit();
    if (hopeless) {
      abandon();
    }
    return hopeless;
  }

  private static String describe(List<Member> members) {
    StringBuilder text = new StringBuilder();
    for (Member member : members) {
      Routine routine = member.routine;
      text.append(routine.snapshot(routine.stack()).text()).append('\n');
    }
    return text.toString();
  }

  /** Thrown in the remaining goroutines of a bubble that has been given up. */
  static final class Abandoned extends Error {
    private static final long serialVersionUID = 1;

    Abandoned() {
      super("the bubble has ended", null, false, false);
    }
  }
}
