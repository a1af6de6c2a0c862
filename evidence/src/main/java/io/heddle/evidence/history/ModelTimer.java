package io.heddle.evidence.history;

import io.heddle.evidence.history.Operation.Choice;
import io.heddle.evidence.history.Operation.Deed;
import io.heddle.evidence.history.Operation.Wait;
import org.jspecify.annotations.Nullable;

/**
 * A timer for one thread. When it expires is known only within the time that the call took which
 * started it, so whether it has may be open. The instant that it yields is not looked at: it is of
 * the wall clock, and that is not known to the nanosecond.
 */
final class ModelTimer extends Thing {
  private boolean running;

  /** When it expires: not before the one, and not after the other. */
  private long earliest;

  private long latest;

  /** A timer that is stopped. */
  ModelTimer() {}

  private ModelTimer(boolean running, long earliest, long latest) {
    this.running = running;
    this.earliest = earliest;
    this.latest = latest;
  }

  @Override
  Ready ready(Choice choice, Call call) {
    if (!running || call.returned < earliest) {
      return Ready.NO;
    }
    return call.called > latest ? Ready.YES : Ready.MAYBE;
  }

  @Override
  boolean mayExpire(Choice choice, Call call) {
    return !running || call.called + ((Wait) call.operation).limit().toNanos() <= latest;
  }

  @Override
  int take(Choice choice, Call call, Model model) {
    running = false;
    return 0;
  }

  @Override
  int act(Deed deed, int argument, Call call, Model model) {
    boolean was = running;
    switch (deed) {
      case STOP -> running = false;
      case RESET -> {
        running = true;
        earliest = call.called + argument;
        latest = call.returned + argument;
      }
      default -> throw unknown(deed);
    }
    return Outcome.of(was);
  }

  @Override
  Thing copy() {
    return new ModelTimer(running, earliest, latest);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ModelTimer timer
        && running == timer.running
        && earliest == timer.earliest
        && latest == timer.latest;
  }

  @Override
  public int hashCode() {
    return Boolean.hashCode(running) * 31 + Long.hashCode(latest);
  }
}
