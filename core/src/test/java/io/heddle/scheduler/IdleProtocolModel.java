package io.heddle.scheduler;

import io.heddle.scheduler.Interleavings.Actor;
import io.heddle.scheduler.Interleavings.Result;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * How workers go idle and are woken, in every order of steps: {@link Scheduler}'s {@code search},
 * {@code park}, {@code wake} and {@code lookAtTimers}, one access to shared memory a step. Others
 * add tasks, and set an alarm. Nobody may be left asleep while there is a task; and an alarm that
 * is set while all sleep has to have a worker that sleeps only until then.
 *
 * <p>Each step that makes it so can be left out, and that is found.
 */
final class IdleProtocolModel {
  /** Mistakes that one could make. */
  enum Mistake {
    /** Look for work before saying that one sleeps, and not after. */
    NO_LAST_LOOK,
    /** Look for sleepers before the task is in the queue. */
    WAKE_BEFORE_ADD,
    /** Change a sleeper's state and let it sleep. */
    NO_UNPARK,
    /** Wake only those who doze or nap. */
    LEAVE_THE_PARKED,
    /** See when the next alarm is due before saying that one sleeps. */
    TIMERS_BEFORE_SLEEP,
    /** Leave the alarm that another thread set for the next worker that becomes idle. */
    NO_WORD_OF_ALARMS
  }

  // The places of a worker's code.
  private static final int LOOK = 0;
  private static final int DECIDE = 1;
  private static final int DOZE = 2;
  private static final int DOZED = 3;
  private static final int STOP_SEARCHING = 4;
  private static final int SAY_PARKED = 5;
  private static final int LAST_LOOK = 6;
  private static final int LAST_LOOK_AT_OTHERS = 7;
  private static final int LOOK_AT_BUSY = 8;
  private static final int LOOK_AT_TIMERS = 9;
  private static final int STILL_PARKED = 10;
  private static final int SLEEP = 11;
  private static final int SEARCH_AGAIN = 12;
  private static final int GOT = 13;
  private static final int BUSY = 14;
  private static final int RUN = 15;
  private static final int FINISHED = 16;

  private static final int MOST_DOZERS = 2;

  private final int workers;
  private final int others;
  private final Set<Mistake> mistakes;

  IdleProtocolModel(int workers, int others, Set<Mistake> mistakes) {
    this.workers = workers;
    this.others = others;
    this.mistakes = mistakes;
  }

  Result explore() {
    int[] start = new int[alarm() + 1 + 1 + workers];
    for (int worker = 0; worker < workers; worker++) {
      start[worker] = LOOK;
    }
    start[searching()] = workers;
    List<Actor> actors = new ArrayList<>();
    for (int i = 0; i < workers; i++) {
      int worker = i;
      actors.add(state -> stepOfWorker(state, worker));
    }
    for (int i = 0; i < others; i++) {
      int other = workers + i;
      boolean setsAlarm = i == others - 1;
      actors.add(state -> setsAlarm ? stepOfAlarm(state, other) : stepOfAdder(state, other));
    }
    return Interleavings.explore(start, actors, this::isRight);
  }

  // What is remembered: for each worker its state, its permit, whether it sleeps only for so long;
  // then the queue, the two counters, and the alarm.

  private int sleep(int worker) {
    return workers + others + worker;
  }

  private int permit(int worker) {
    return sleep(workers) + worker;
  }

  private int timed(int worker) {
    return permit(workers) + worker;
  }

  private int queue() {
    return timed(workers);
  }

  private int busy() {
    return queue() + 1;
  }

  private int searching() {
    return queue() + 2;
  }

  private int alarm() {
    return queue() + 3;
  }

  /** What a worker saw of the alarm too early; only with that mistake. */
  private int sawAlarm(int worker) {
    return alarm() + 1 + worker;
  }

  private boolean isRight(int[] state) {
    boolean attended = state[alarm()] == 0;
    for (int worker = 0; worker < workers; worker++) {
      attended |= state[timed(worker)] == 1;
    }
    return state[queue()] == 0 && attended;
  }

  private boolean stepOfWorker(int[] s, int w) {
    switch (s[w]) {
      case LOOK -> {
        if (s[queue()] > 0) {
          s[queue()]--;
          s[w] = GOT;
        } else {
          s[w] = DECIDE;
        }
      }
      case DECIDE -> s[w] = s[busy()] > 0 && s[searching()] <= MOST_DOZERS ? DOZE : STOP_SEARCHING;
      case DOZE -> {
        s[sleep(w)] = w % 2 == 0 ? Worker.NAPPING : Worker.DOZING;
        s[w] = DOZED;
      }
      case DOZED -> { // it ends by itself
        s[sleep(w)] = Worker.RUNNING;
        s[permit(w)] = 0;
        s[w] = LOOK;
      }
      case STOP_SEARCHING -> {
        s[searching()]--;
        s[sawAlarm(w)] = s[alarm()];
        s[w] =
            mistakes.contains(Mistake.NO_LAST_LOOK) && s[queue()] > 0 ? SEARCH_AGAIN : SAY_PARKED;
      }
      case SAY_PARKED -> {
        s[sleep(w)] = Worker.PARKED;
        s[w] = mistakes.contains(Mistake.NO_LAST_LOOK) ? LOOK_AT_BUSY : LAST_LOOK;
      }
      case LAST_LOOK -> {
        if (s[queue()] > 0) {
          endSleep(s, w, Worker.PARKED);
        }
        s[w] = LAST_LOOK_AT_OTHERS;
      }
      case LAST_LOOK_AT_OTHERS -> {
        if (s[busy()] > 0 && s[searching()] == 0) {
          endSleep(s, w, Worker.PARKED);
        }
        s[w] = LOOK_AT_BUSY;
      }
      case LOOK_AT_BUSY -> s[w] = s[busy()] == 0 ? LOOK_AT_TIMERS : STILL_PARKED;
      case LOOK_AT_TIMERS -> {
        boolean early = mistakes.contains(Mistake.TIMERS_BEFORE_SLEEP);
        s[timed(w)] = early ? s[sawAlarm(w)] : s[alarm()];
        s[w] = STILL_PARKED;
      }
      case STILL_PARKED -> s[w] = s[sleep(w)] == Worker.PARKED ? SLEEP : SEARCH_AGAIN;
      case SLEEP -> { // the time of the alarm does not come in this model
        if (s[permit(w)] == 0) {
          return false;
        }
        s[permit(w)] = 0;
        s[w] = STILL_PARKED;
      }
      case SEARCH_AGAIN -> {
        s[timed(w)] = 0;
        s[sawAlarm(w)] = 0;
        s[searching()]++;
        s[w] = LOOK;
      }
      case GOT -> {
        s[searching()]--;
        s[w] = BUSY;
      }
      case BUSY -> {
        s[busy()]++;
        s[w] = RUN;
      }
      case RUN -> {
        s[busy()]--;
        s[w] = FINISHED;
      }
      default -> {
        s[searching()]++;
        s[w] = LOOK;
      }
    }
    return true;
  }

  /** Adds a task, then wakes a worker. */
  private boolean stepOfAdder(int[] s, int p) {
    int add = mistakes.contains(Mistake.WAKE_BEFORE_ADD) ? 1 + 3 * 3 * workers : 0;
    if (s[p] == add) {
      s[queue()]++;
      s[p]++;
      return true;
    }
    int step = add == 0 ? s[p] - 1 : s[p];
    return stepOfWake(s, p, step, add == 0 ? -1 : add);
  }

  /** Sets the alarm, sees whether all sleep, then wakes a worker. */
  private boolean stepOfAlarm(int[] s, int p) {
    if (s[p] == 0) {
      s[alarm()] = 1;
      s[p] = 1;
    } else if (s[p] == 1) {
      boolean tell = s[busy()] == 0 && !mistakes.contains(Mistake.NO_WORD_OF_ALARMS);
      s[p] = tell ? 2 : 1_000;
    } else {
      return stepOfWake(s, p, s[p] - 2, -1);
    }
    return true;
  }

  /** Goes round the workers: for the parked, for those who doze, for those who nap. */
  private boolean stepOfWake(int[] s, int p, int step, int then) {
    int end = 3 * 3 * workers;
    if (step < 0 || step >= end) {
      if (step == end && then >= 0) {
        s[p] = then;
        return true;
      }
      return false;
    }
    int w = step / 3 % workers;
    int wanted = Worker.PARKED - step / 3 / workers;
    boolean skip = wanted == Worker.PARKED && mistakes.contains(Mistake.LEAVE_THE_PARKED);
    switch (step % 3) {
      case 0 -> s[p] += s[sleep(w)] == wanted && !skip ? 1 : 3;
      case 1 -> s[p] += endSleep(s, w, wanted) ? 1 : 2;
      default -> {
        if (!mistakes.contains(Mistake.NO_UNPARK)) {
          s[permit(w)] = 1;
        }
        s[p] += then >= 0 ? end - step : 1_000;
      }
    }
    return true;
  }

  private boolean endSleep(int[] s, int w, int state) {
    if (s[sleep(w)] != state) {
      return false;
    }
    s[sleep(w)] = Worker.RUNNING;
    return true;
  }
}
