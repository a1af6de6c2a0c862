package io.heddle.testing;

import static io.heddle.Go.go;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.heddle.Chan;
import io.heddle.Go;
import io.heddle.Mutex;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Tests with each annotation, for {@link JUnitVersionsTest}: some of them are to fail. */
final class JUnitSamples {
  private static final Chan<Integer> NEVER_CLOSED = Chan.unbuffered();

  private JUnitSamples() {}

  @Bubbled
  static final class InABubble {
    private final Chan<Instant> times = Chan.buffered(2);

    @BeforeEach
    void before() throws Exception {
      Go.sleep(Duration.ofHours(1));
      times.send(Go.now());
    }

    @Test
    void passes() throws Exception {
      Go.sleep(Duration.ofHours(1));
      times.send(Go.now());
    }

    @Test
    void deadlocks() throws Exception {
      times.receive();
      times.receive();
    }

    @Test
    void failsAndLeaks() {
      Chan<Integer> channel = Chan.unbuffered();
      go(() -> channel.receive());
      throw new IllegalStateException("wrong");
    }

    @AfterEach
    void after() throws Exception {
      Instant first = times.tryReceive();
      if (first != null) {
        assertEquals(Instant.parse("2000-01-01T01:00:00Z"), first);
      }
    }
  }

  static final class Explorations {
    private final Mutex a = new Mutex();
    private final Mutex b = new Mutex();

    @Test
    @Explored(schedules = 20)
    void passes() throws Exception {
      go(() -> transfer(a, b));
      transfer(a, b);
    }

    @Test
    @Explored
    void deadlocks() throws Exception {
      go(() -> transfer(a, b));
      transfer(b, a);
    }

    private static void transfer(Mutex from, Mutex to) throws InterruptedException {
      from.lock();
      to.lock();
      to.unlock();
      from.unlock();
    }
  }

  @LeakChecked
  static final class Leaks {
    @Test
    void passes() throws Exception {
      go(() -> {}).join();
    }

    @Test
    void leaks() {
      go("left", () -> NEVER_CLOSED.receive());
    }

    @Test
    @LeakChecked(ignoring = "tolerated")
    void mayLeak() {
      go("tolerated", () -> NEVER_CLOSED.receive());
    }
  }

  static final class Unchecked {
    @Test
    void leaks() {
      go("of nobody", () -> NEVER_CLOSED.receive());
    }
  }

  @LeakChecked
  @Execution(ExecutionMode.CONCURRENT)
  static final class InParallel {
    @Test
    void leaks() {
      go("in parallel", () -> NEVER_CLOSED.receive());
    }

    @Test
    void passes() {}
  }
}
