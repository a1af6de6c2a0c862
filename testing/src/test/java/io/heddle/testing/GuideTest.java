package io.heddle.testing;

import static io.heddle.Go.after;
import static io.heddle.Go.go;
import static io.heddle.Select.select;
import static java.time.Duration.ofSeconds;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import io.heddle.Chan;
import io.heddle.Go;
import io.heddle.Mutex;
import io.heddle.WaitGroup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.testkit.engine.EngineTestKit;

/** The examples of docs/testing.md compile, run and fail as the page says. */
@Timeout(60)
final class GuideTest {
  private static final Pattern EXAMPLE = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

  /** Where something is in a file changes, and in the guide it is in the reader's. */
  private static final Pattern PLACE =
      Pattern.compile("[\\w.]*\\w+\\.java:(?:\\d+|…)|goroutine \\d+ \\[");

  /** A reader's tests may be in no module. */
  private static final Pattern MODULE = Pattern.compile("[\\w.]+@[\\w.-]+/");

  private static String guide() throws IOException {
    return Files.readString(Path.of("..", "docs", "testing.md"));
  }

  /** The lines that stand for something here, as they would be in a file of their own. */
  private static String lines(String code) {
    return code.lines()
        .map(String::strip)
        .filter(line -> !line.isEmpty() && !line.startsWith("import "))
        .map(line -> line.replace("static final class", "final class"))
        .collect(Collectors.joining("\n"));
  }

  @Test
  void theExamplesAreTheseHere() throws Exception {
    String here = Files.readString(Path.of("src/test/java/io/heddle/testing/GuideTest.java"));
    List<String> examples =
        EXAMPLE.matcher(guide()).results().map(result -> result.group(1)).toList();
    assertEquals(4, examples.size());
    for (String example : examples) {
      assertTrue(lines(here).contains(lines(example)), () -> "not here:\n" + example);
      example
          .lines()
          .filter(line -> line.startsWith("import "))
          .forEach(line -> assertTrue(here.contains(line), line));
    }
  }

  static final class Session {
    private static final Duration IDLE = Duration.ofHours(1);

    private final Chan<String> requests = Chan.unbuffered();
    private volatile boolean open = true;

    Session() {
      go(() -> {
        while (open) {
          open = select(requests.onReceive(_ -> true), after(IDLE).onReceive(_ -> false));
        }
      });
    }

    void request(String text) throws InterruptedException {
      requests.send(text);
    }

    boolean isOpen() {
      return open;
    }
  }

  @Test
  @Bubbled
  void aSessionEndsAnHourAfterTheLastRequest() throws Exception {
    Session session = new Session();
    Go.sleep(Duration.ofMinutes(59));
    session.request("hello");
    Go.sleep(Duration.ofMinutes(59));
    assertTrue(session.isOpen());
    Go.sleep(Duration.ofMinutes(1));
    Bubble.settle(); // let the session's goroutine run
    assertFalse(session.isOpen());
  }

  /** Tests that fail, as the guide says. */
  static final class Failing {
    @Test
    @LeakChecked
    void theFirstNumberIsZero() throws Exception {
      Chan<Integer> numbers = Chan.unbuffered();
      go(() -> {
        for (int i = 0; ; i++) {
          numbers.send(i);
        }
      });
      assertEquals(0, numbers.receive());
    }

    @Test
    @Explored
    void transfers() throws Exception {
      Mutex a = new Mutex();
      Mutex b = new Mutex();
      WaitGroup transfers = new WaitGroup();
      transfers.go(() -> transfer(a, b));
      transfers.go(() -> transfer(b, a));
      transfers.await();
    }

    static void transfer(Mutex from, Mutex to) throws InterruptedException {
      from.lock();
      to.lock();
      to.unlock();
      from.unlock();
    }
  }

  /** What a test fails with. */
  private static String failure(String method) {
    return EngineTestKit.engine("junit-jupiter")
        .selectors(selectMethod(Failing.class, method))
        .execute()
        .testEvents()
        .failed()
        .stream()
        .map(event -> event.getRequiredPayload(TestExecutionResult.class).getThrowable())
        .map(thrown -> thrown.orElseThrow().toString())
        .collect(Collectors.joining());
  }

  private static void assertGuideHas(String text) throws IOException {
    assertNotEquals("", text);
    String anywhere = anywhere(text.strip());
    assertTrue(anywhere(guide()).contains(anywhere), () -> "docs/testing.md should have\n" + text);
  }

  private static String anywhere(String text) {
    String inNoModule = MODULE.matcher(text).replaceAll("");
    return PLACE
        .matcher(inNoModule.replace("io.heddle.testing.GuideTest$Failing", "NumbersTest"))
        .replaceAll(GuideTest::withoutNumber);
  }

  private static String withoutNumber(MatchResult place) {
    return place.group().startsWith("goroutine") ? "goroutine [" : "a place";
  }

  @Test
  @LeakChecked(ignoring = "GuideTest$Failing")
  void theGuideShowsWhatALeakLooksLike() throws Exception {
    assertGuideHas(failure("theFirstNumberIsZero"));
  }

  @Test
  void theGuideShowsWhatTheExplorationSays() throws Exception {
    String message = failure("transfers");
    int begin = message.indexOf("deadlock: ");
    assertGuideHas(message.substring(begin, message.indexOf("\n\ngoroutine 1 [")));
  }

  String fetch() throws InterruptedException {
    Chan<String> result = Chan.unbuffered();
    go(() -> result.send(slowly()));
    return select(result.onReceive(), after(ofSeconds(2)).onReceive(_ -> "timeout"));
  }

  private static String slowly() throws InterruptedException {
    Go.sleep(ofSeconds(3));
    return "late";
  }

  @Test
  void whatATimeoutLeavesBehindFailsABubble() {
    LeakError error =
        assertThrows(
            LeakError.class,
            () ->
                Bubble.run(() -> {
                  assertEquals("timeout", fetch());
                  Go.sleep(ofSeconds(2));
                }));
    assertTrue(error.goroutines().contains("[chan send]"), error::getMessage);
  }
}
