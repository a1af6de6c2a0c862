package io.heddle.race.shadow;

import io.heddle.race.clock.ThreadState;
import io.heddle.race.clock.VectorClock;
import io.heddle.race.site.Named;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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

  /** The epoch of the thread that was last found to know of it: most uses are by the same one. */
  private long knownIn;

  private final Map<String, Integer> staticVariables;
  private final Map<String, Integer> variables;

  private ClassState(
      String name, Map<String, Integer> staticVariables, Map<String, Integer> variables) {
    this.name = name;
    this.staticVariables = Map.copyOf(staticVariables);
    this.variables = Map.copyOf(variables);
    this.statics = new Shadow(staticVariables.size());
  }

  /**
   * Gives a class a number.
   *
   * @param name its binary name
   * @param staticVariables the numbers of its static fields that are checked, by name
   * @param variables those of its other fields
   * @return the number
   */
  public static int register(
      String name, Map<String, Integer> staticVariables, Map<String, Integer> variables) {
    synchronized (STATES) {
      STATES.add(new ClassState(name, staticVariables, variables));
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
    thread.accessed(); // so that the snapshot's epoch is one that no thread knew before
    initialisedAt = thread.epoch;
    initialised = thread.snapshot();
    thread.unlockedOutside();
  }

  /**
   * The class is used.
   *
   * @param thread by this thread
   */
  public void use(ThreadState thread) {
    if (knownIn != thread.epoch) {
      VectorClock clock = initialised;
      if (clock != null) {
        if (!thread.knows(initialisedAt)) {
          thread.acquire(clock);
        }
        knownIn = thread.epoch;
      }
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

  /**
   * The number of a field.
   *
   * @param field its name
   * @param isStatic whether it is static
   * @return negative if it is not checked
   */
  public int variable(String field, boolean isStatic) {
    return (isStatic ? staticVariables : variables).getOrDefault(field, -1);
  }

  @Override
  public String name() {
    return "class " + name;
  }
}
