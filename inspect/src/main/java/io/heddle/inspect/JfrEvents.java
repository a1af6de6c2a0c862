package io.heddle.inspect;

import io.heddle.internal.Alerts;
import io.heddle.internal.Events;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/** Makes JFR events of what goroutines do. JDK Mission Control shows them below "Heddle". */
final class JfrEvents implements Events.Observer, Alerts.Listener {
  /** Begins, for as long as the JVM lives. */
  static void begin() {
    JfrEvents events = new JfrEvents();
    Events.observe(events);
    Alerts.listen(events);
  }

  /** What all events of one goroutine have. */
  abstract static class OfGoroutine extends Event {
    @Label("Program")
    @Description("The number of its program")
    long program;

    @Label("Goroutine")
    @Description("Its number in the program; 0 for a thread that is no goroutine")
    long goroutine;
  }

  @Name("io.heddle.GoroutineStart")
  @Label("Goroutine Start")
  @Category({"Heddle", "Goroutines"})
  @StackTrace(false)
  static final class Start extends OfGoroutine {
    @Label("Created By")
    @Nullable String createdBy;
  }

  @Name("io.heddle.GoroutineEnd")
  @Label("Goroutine End")
  @Category({"Heddle", "Goroutines"})
  @StackTrace(false)
  static final class End extends OfGoroutine {
    @Label("Failure")
    @Description("What it failed with; null if it did not")
    @Nullable String failure;
  }

  @Name("io.heddle.GoroutineWait")
  @Label("Goroutine Wait")
  @Description("A wait for a channel, a lock, a timer or the end of another goroutine")
  @Category({"Heddle", "Goroutines"})
  static final class Wait extends OfGoroutine {
    @Label("Reason")
    @Nullable String reason;
  }

  /** What went wrong. */
  abstract static class Problem extends Event {
    @Label("Description")
    @Nullable String description;
  }

  @Name("io.heddle.Deadlock")
  @Label("Deadlock")
  @Category({"Heddle", "Problems"})
  @StackTrace(false)
  static final class Deadlock extends Problem {}

  @Name("io.heddle.GoroutineLeak")
  @Label("Goroutine Leak")
  @Category({"Heddle", "Problems"})
  @StackTrace(false)
  static final class Leak extends Problem {}

  @Name("io.heddle.MissedDeadline")
  @Label("Missed Deadline")
  @Category({"Heddle", "Problems"})
  @StackTrace(false)
  static final class Deadline extends Problem {}

  @Name("io.heddle.StuckWorker")
  @Label("Stuck Worker")
  @Category({"Heddle", "Problems"})
  @StackTrace(false)
  static final class Stuck extends Problem {}

  @Override
  public void started(long program, long id, String createdBy) {
    Start event = new Start();
    if (event.isEnabled()) {
      event.program = program;
      event.goroutine = id;
      event.createdBy = createdBy;
      event.commit();
    }
  }

  @Override
  public void ended(long program, long id, @Nullable Throwable failure) {
    End event = new End();
    if (event.isEnabled()) {
      event.program = program;
      event.goroutine = id;
      event.failure = failure == null ? null : failure.getClass().getName();
      event.commit();
    }
  }

  @Override
  public @Nullable Object waits() {
    Wait event = new Wait();
    if (!event.isEnabled()) {
      return null;
    }
    event.begin();
    return event;
  }

  @Override
  public void waited(Object wait, String reason, long program, long id) {
    Wait event = (Wait) wait;
    event.end();
    if (event.shouldCommit()) {
      event.program = program;
      event.goroutine = id;
      event.reason = reason;
      event.commit();
    }
  }

  @Override
  public void raised(String kind, String text) {
    Problem event =
        switch (kind) {
          case "deadlock" -> new Deadlock();
          case "leak" -> new Leak();
          case "deadline" -> new Deadline();
          case "stuck" -> new Stuck();
          default -> null;
        };
    if (event != null && event.isEnabled()) {
      event.description = text;
      event.commit();
    }
  }
}
