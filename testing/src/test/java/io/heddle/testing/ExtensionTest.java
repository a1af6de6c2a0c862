package io.heddle.testing;

import static io.heddle.Go.go;
import static io.heddle.Go.now;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.heddle.Chan;
import io.heddle.Go;
import io.heddle.Mutex;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.testkit.engine.EngineTestKit;

/** The annotations, in classes that are run as JUnit runs them. */
@Timeout(60)
final class ExtensionTest {
  private static final Instant START = Instant.parse("2000-01-01T00:00:00Z");

  /** Runs a test method; what it failed with, or an empty string. */
  private static String run(Class<?> type) {
    return failures(type).stream()
        .map(e -> e.getClass().getSimpleName() + ": " + e.getMessage())
        .reduce("", String::concat);
  }

  private static List<Throwable> failures(Class<?> type) {
    return EngineTestKit.engine("junit-jupiter")
        .configurationParameter("heddle.example", "true")
        .selectors(selectClass(type))
        .execute()
        .testEvents()
        .finished()
        .stream()
        .flatMap(
            event -> event.getRequiredPayload(TestExecutionResult.class).getThrowable().stream())
        .toList();
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
    assertEquals(List.of(LeakError.class), suppressed(Wrong.class));
  }

  private static List<? extends Class<?>> suppressed(Class<?> type) {
    return failures(type).stream()
        .flatMap(e -> Stream.of(e.getSuppressed()))
        .map(Throwable::getClass)
        .filter(each -> each != Failed.class)
        .toList();
  }

  @Bubbled
  static final class AssertionFirst {
    private final Chan<String> gate = Chan.unbuffered();

    @Test
    void test() {
      go(() -> {
        gate.receive();
        throw new IllegalStateException("real");
      });
      throw new AssertionError("consequence");
    }

    @AfterEach
    void after() {
      gate.close();
    }
  }

  @Test
  void aGoroutineThatFailsAfterTheAssertionIsReportedWithIt() {
    assertEquals("AssertionError: consequence", run(AssertionFirst.class));
    assertEquals(List.of(IllegalStateException.class), suppressed(AssertionFirst.class));
  }

  static final class GoroutineFirst {
    @Test
    @Bubbled
    void test() {
      Go.go(() -> {
        throw new IllegalStateException("real");
      });
      assertThrows(InterruptedException.class, () -> Chan.never().receive());
      throw new AssertionError("consequence");
    }
  }

  @Test
  void anAssertionThatFailsBecauseAGoroutineHasFailedComesSecond() {
    assertEquals("IllegalStateException: real", run(GoroutineFirst.class));
    assertEquals(List.of(AssertionError.class), suppressed(GoroutineFirst.class));
  }

  @Test
  void aBubbleReportsAllThatFailed() {
    IllegalStateException first = new IllegalStateException("real");
    AssertionError second = new AssertionError("consequence");
    IllegalStateException thrown =
        assertThrows(
            IllegalStateException.class,
            () ->
                Bubble.run(() -> {
                  go(() -> {
                    throw first;
                  });
                  assertThrows(InterruptedException.class, () -> Chan.never().receive());
                  throw second;
                }));
    assertSame(first, thrown);
    assertTrue(List.of(thrown.getSuppressed()).contains(second));
  }

  @Test
  void anExplorationReportsAllThatFailed() throws Exception {
    IllegalStateException first = new IllegalStateException("real");
    AssertionError second = new AssertionError("consequence");
    ExplorationError error =
        Explore.seed(1)
            .search(() -> {
              go(() -> {
                throw first;
              });
              assertThrows(InterruptedException.class, () -> Chan.never().receive());
              throw second;
            })
            .error();
    assertNotNull(error);
    assertSame(first, error.getCause());
    assertEquals(List.of(second), List.of(error.getSuppressed()));
  }

  static final class ExploredAfter {
    @Test
    @Explored(seed = 1)
    void test() {
      fail("test");
    }

    @AfterEach
    void after() {
      fail("after");
    }
  }

  @Test
  void theAfterEachMethodsOfAnExploredTestRunAlsoIfItFails() {
    Throwable cause = failures(ExploredAfter.class).getFirst().getCause();
    assertEquals("test", cause.getMessage());
    assertEquals("after", cause.getSuppressed()[0].getMessage());
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

  @RaceChecked
  static final class CheckedForRaces {
    @Test
    void passes() {}
  }

  @Test
  void aCheckForRacesNeedsTheDetector() {
    String message = run(CheckedForRaces.class);
    assertTrue(message.startsWith("IllegalStateException: "), message);
    assertTrue(message.contains("add -javaagent:heddle-race.jar to the options"), message);
  }
}
