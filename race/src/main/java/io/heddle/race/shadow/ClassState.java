package io.heddle.race.shadow;

import io.heddle.race.clock.ThreadState;
import io.heddle.race.clock.VectorClock;
import io.heddle.race.report.Named;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the detector knows of a class: the last accesses to its static fields, and the clock at the
 * end of its initialisation, which happens before every use of the class (JLS 12.4.2).
 */
public final class ClassState implements Named {
  private static final List<ClassState> STATES = new ArrayList<>();

  /** Replaced by a longer one, and then filled: read without a lock. */
  private static volatile ClassState[] byNumber = {};

  private final String name;
  private final Shadow statics;

  /** The clock at the end of the initialiser, and the epoch that a thread knows that knows it. */
  private volatile @Nullable VectorClock initialised;

  private long initialisedAt;

  private ClassState(String name, int fields) {
    this.name = name;
    this.statics = new Shadow(fields);
  }

  /**
   * Gives a class a number.
   *
   * @param name its binary name
   * @param fields how many static fields are checked
   * @return the number
   */
  public static int register(String name, int fields) {
    synchronized (STATES) {
      STATES.add(new ClassState(name, fields));
      byNumber = STATES.toArray(new ClassState[0]);
      return STATES.size() - 1;
    }
  }

  /**
   * The state of a class.
   *
   * @param number what {@link #register} has returned
   * @return the state
   */
  public static ClassState of(int number) {
    return byNumber[number];
  }

  /**
   * The calling thread has run the initialiser.
   *
   * @param thread the calling thread
   */
  public void initialised(ThreadState thread) {
    thread.accessed(); // so that the snapshot's epoch is one that nobody knew before
    initialisedAt = thread.epoch;
    initialised = thread.snapshot();
  }

  /**
   * The class is used.
   *
   * @param thread by this thread
   */
  public void use(ThreadState thread) {
    VectorClock clock = initialised;
    if (clock != null && !thread.knows(initialisedAt)) {
      thread.acquire(clock);
    }
  }

  /**
   * The last accesses to the static fields.
   *
   * @return always the same
   */
  public Shadow statics() {
    return statics;
  }

  @Override
  public String name() {
    return "class " + name;
  }
}
