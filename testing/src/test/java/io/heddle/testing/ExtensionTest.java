package io.heddle.testing;

import static io.heddle.Go.go;
import static io.heddle.Go.now;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.heddle.Chan;
import io.heddle.Go;
import io.heddle.Mutex;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;

/** The annotations, in classes that are run as JUnit runs them. */
@Timeout(60)
final class ExtensionTest {
  private static final Instant START = Instant.parse("2000-01-01T00:00:00Z");

  /** Runs a test method; what it failed with, or an empty string. */
  private static String run(Class<?> type) {
    return EngineTestKit.engine("junit-jupiter")
        .configurationParameter("heddle.example", "true")
        .selectors(selectClass(type))
        .execute()
        .testEvents()
        .finished()
        .stream()
        .map(ExtensionTest::failure)
        .reduce("", String::concat);
  }

  private static String failure(Event event) {
    return event
        .getRequiredPayload(org.junit.platform.engine.TestExecutionResult.class)
        .getThrowable()
        .map(e -> e.getClass().getSimpleName() + ": " + e.getMessage())
        .orElse("");
  }

  @Bubbled
  static final class LifeCycle {
    private final Chan<Instant> field = Chan.buffered(2);

    @BeforeEach
    void before() throws Exception {
      Go.sleep(Duration.ofHours(1));
      field.send(now());
    }

    @Test
    void test() throws Exception {
      Go.sleep(Duration.ofHours(1));
      field.send(now());
    }

    @AfterEach
    void after() throws Exception {
      assertEquals(START.plusSeconds(3600), field.receive());
      assertEquals(START.plusSeconds(7200), field.receive());
    }
  }

  @Test
  void theWholeLifeCycleOfATestIsInOneBubble() {
    assertEquals("", run(LifeCycle.class));
  }

  static final class Leaking {
    @Test
    @Bubbled
    void test() {
      Chan<Integer> channel = Chan.unbuffered();
      go(() -> channel.send(1));
    }
  }

  @Test
  void aLeakFailsABubbledTest() {
    assertTrue(run(Leaking.class).startsWith("LeakError"), run(Leaking.class));
  }

  static final class Stuck {
    @Test
    @Bubbled
    void test() throws Exception {
      new Mutex().lock();
      Chan.unbuffered().receive();
    }
  }

  @Test
  void aDeadlockFailsABubbledTest() {
    assertTrue(run(Stuck.class).startsWith("DeadlockError"), run(Stuck.class));
  }

  static final class Failing {
    @Test
    @Bubbled
    void test() throws Exception {
      go(() -> {
        throw new IllegalStateException("broken");
      });
      Go.sleep(Duration.ofSeconds(1));
    }
  }

  @Test
  void whatAGoroutineThrowsFailsABubbledTest() {
    assertEquals("IllegalStateException: broken", run(Failing.class));
  }

  static final class Wrong {
    @Test
    @Bubbled
    void test() {
      Chan<Integer> channel = Chan.unbuffered();
      go(() -> channel.send(1));
      throw new IllegalStateException("wrong");
    }
  }

  @Test
  void aFailureIsNotHiddenByTheLeakThatItCauses() {
    assertEquals("IllegalStateException: wrong", run(Wrong.class));
  }

  static final class Exploring {
    private final Mutex a = new Mutex();
    private final Mutex b = new Mutex();

    @BeforeEach
    void before() {
      go(() -> {
        a.lock();
        b.lock();
        b.unlock();
        a.unlock();
      });
    }

    @Test
    @Explored
    void test() throws Exception {
      b.lock();
      a.lock();
      a.unlock();
      b.unlock();
    }
  }

  @Test
  void anExploredTestFailsWithItsSeed() {
    String failure = run(Exploring.class);
    assertTrue(failure.startsWith("ExplorationError: deadlock"), failure);
    assertTrue(failure.contains("@Explored(seed = "), failure);
  }
}
