package io.heddle.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class EventsTest {
  private final List<String> seen = new ArrayList<>();

  @AfterEach
  void end() {
    Events.observe(null);
  }

  private class Observer implements Events.Observer {
    @Override
    public void started(long program, long id, String createdBy) {
      seen.add("started " + program + " " + id + " " + createdBy);
    }

    @Override
    public void ended(long program, long id, @Nullable Throwable failure) {
      seen.add("ended " + program + " " + id + " " + failure);
    }

    @Override
    public @Nullable Object waits() {
      seen.add("waits");
      return this;
    }

    @Override
    public void waited(Object wait, String reason, long program, long id) {
      seen.add("waited " + reason + " " + (wait == this) + " " + program + " " + id);
    }
  }

  @Test
  void anObserverIsToldWhatHappens() {
    Observer observer = new Observer();
    Events.observe(observer);
    Events.started(1, 2, "here");
    Object wait = Events.waits();
    assertSame(observer, wait);
    Events.waited(observer, "sleep", 1, 2);
    Events.ended(1, 2, null);
    assertEquals(
        List.of("started 1 2 here", "waits", "waited sleep true 1 2", "ended 1 2 null"), seen);
  }

  @Test
  void aJvmThatIsNotObservedMakesNone() {
    Events.observe(new Observer());
    assertFalse(Events.areMade());
  }

  @Test
  void withoutAnObserverNothingHappens() {
    Events.started(1, 2, "here");
    assertNull(Events.waits());
    Events.waited(this, "sleep", 1, 2);
    Events.ended(1, 2, null);
    assertEquals(List.of(), seen);
  }

  /** A goroutine must not fail because JFR does. */
  @Test
  void whatAnObserverThrowsHarmsNoGoroutine() {
    Events.observe(
        new Observer() {
          @Override
          public void started(long program, long id, String createdBy) {
            throw new IllegalStateException("started");
          }

          @Override
          public void ended(long program, long id, @Nullable Throwable failure) {
            throw new StackOverflowError("ended");
          }

          @Override
          public @Nullable Object waits() {
            throw new OutOfMemoryError("waits");
          }

          @Override
          public void waited(Object wait, String reason, long program, long id) {
            throw new IllegalStateException("waited");
          }
        });
    Events.started(1, 2, "here");
    assertNull(Events.waits());
    Events.waited(this, "sleep", 1, 2);
    Events.ended(1, 2, null);
  }
}
