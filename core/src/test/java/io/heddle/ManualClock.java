package io.heddle;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** Time that stands still until it is moved. */
final class ManualClock extends Clock {
  private final AlarmHeap alarms = new AlarmHeap();
  private long now;
  private Duration wallAhead = Duration.ZERO;

  /** Sets the wall clock, and not the time that passes: what an administrator can do. */
  synchronized void setWallAhead(Duration duration) {
    wallAhead = duration;
  }

  synchronized int alarms() {
    return alarms.size();
  }

  void advance(Duration duration) {
    List<Alarm> due = new ArrayList<>();
    synchronized (this) {
      now += duration.toNanos();
      for (Alarm first = alarms.first();
          first != null && first.key <= now;
          first = alarms.first()) {
        alarms.remove(first);
        due.add(first);
      }
    }
    due.forEach(Alarm::goOff);
  }

  @Override
  synchronized long nanoTime() {
    return now;
  }

  @Override
  synchronized Instant now() {
    return Instant.EPOCH.plus(wallAhead).plusNanos(now);
  }

  @Override
  void park(Waiter waiter, long deadline) {
    LockSupport.park(waiter);
  }

  @Override
  synchronized boolean start(Alarm alarm, long deadline) {
    boolean active = alarms.remove(alarm);

    alarms.add(alarm, deadline);
    return active;
  }

  @Override
  synchronized boolean stop(Alarm alarm) {
    return alarms.remove(alarm);
  }
}
