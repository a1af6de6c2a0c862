package io.heddle.tour;

import static io.heddle.tour.Expectation.exactly;
import static java.time.Duration.ZERO;
import static java.time.Duration.ofDays;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Chan;
import io.heddle.Go;
import io.heddle.Task;
import io.heddle.tour.TourProgram.Place.InOwnJvm;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 2, unit = TimeUnit.MINUTES)
@Tag("clock")
@Tag("slow")
final class TourTest {
  /** Reachable, so that a goroutine that waits for it has not leaked. */
  private static final Chan<Object> NOBODY_SENDS = Chan.unbuffered();

  private static final Duration LIMIT = ofMinutes(1);

  private final ByteArrayOutputStream shown = new ByteArrayOutputStream();

  private Tour tour(Duration limit, boolean colour) {
    PrintStream out = new PrintStream(shown, false, StandardCharsets.UTF_8);
    return new Tour(out, colour, new Runner(limit, limit), false);
  }

  /** Runs one program that must print "a" and "b". */
  private int run(Duration limit, Duration atLeast, Task main) throws InterruptedException {
    var program = new TourProgram("Example", "an example", atLeast, exactly("a", "b"));
    return tour(limit, false).run(List.of(program), name -> main);
  }

  private String shown() {
    return shown.toString(StandardCharsets.UTF_8).replaceAll("\\d+\\.\\d{3} s", "T");
  }

  private static void printAB() {
    IO.println("a");
    IO.println("b");
  }

  @Nested
  final class AProgram {
    @Test
    void thatPrintsWhatItMustPasses() throws Exception {
      assertEquals(0, run(LIMIT, ZERO, TourTest::printAB));
      assertEquals(
          """
          Example: an example
              a
              b
            ok in T

          tour: 1 passed, 0 failed
          """,
          shown());
    }

    @Test
    void thatPrintsFromAGoroutineIsHeard() throws Exception {
      assertEquals(0, run(LIMIT, ZERO, () -> Go.run(TourTest::printAB)));
    }

    @Test
    void thatPrintsTooMuchFails() throws Exception {
      assertEquals(
          1,
          run(
              LIMIT,
              ZERO,
              () -> {
                printAB();
                IO.print("c");
              }));
      assertEquals(
          """
          Example: an example
              a
              b
              c
            FAILED in T
            line 3: expected nothing, but "c" came
            expected:
              exactly
                a
                b
            came:
              a
              b
              c

          tour: 0 passed, 1 failed
          """,
          shown());
    }

    @Test
    void thatPrintsTooLittleFails() throws Exception {
      assertEquals(1, run(LIMIT, ZERO, () -> IO.println("a")));
      assertTrue(shown().contains("line 2: expected \"b\", but nothing came"), shown());
    }

    @Test
    void thatIsTooQuickFails() throws Exception {
      assertEquals(1, run(LIMIT, ofDays(1), TourTest::printAB));
      assertTrue(shown().contains("expected to take at least T, but it took T"), shown());
    }

    @Test
    void thatThrowsFailsWithItsTrace() throws Exception {
      assertEquals(
          1,
          run(
              LIMIT,
              ZERO,
              () -> {
                printAB();
                throw new IllegalStateException("too bad");
              }));
      assertTrue(shown().contains("it threw java.lang.IllegalStateException: too bad"), shown());
      assertTrue(shown().contains("at io.heddle.tour.TourTest"), shown());
    }

    @Test
    void whoseGoroutineFailsFailsWithItsGoroutines() throws Exception {
      Task main =
          () -> {
            printAB();
            Go.go(
                "weaver",
                () -> {
                  throw new IllegalStateException("too bad");
                });
            Go.sleep(ofDays(1));
          };
      assertEquals(1, run(LIMIT, ZERO, () -> Go.run(main)));
      assertTrue(shown().contains("weaver failed: java.lang.IllegalStateException"), shown());
      assertTrue(shown().contains("goroutine 1 ["), shown());
    }

    @Test
    void thatEndsItsOwnJvmWithAnotherStatusFails() throws Exception {
      var program =
          new TourProgram(
              "Channels", "an example", ZERO, exactly("Hello from a goroutine!"), new InOwnJvm(2));
      assertEquals(1, tour(LIMIT, false).run(List.of(program), Runner::mainOf));
      assertTrue(shown().contains("its exit status is 0, expected 2"), shown());
      assertFalse(shown().contains("line 1"), shown());
    }

    @Test
    void thatHangsFailsWithItsThreads() throws Exception {
      Task main =
          () -> {
            printAB();
            Go.go("weaver", () -> NOBODY_SENDS.receive());
            Chan.never().receive();
          };
      // A slow machine may take long to get that far: the limit grows until it has.
      Duration limit = ofMillis(250);
      do {
        limit = limit.multipliedBy(2);
        shown.reset();
        assertEquals(1, run(limit, ZERO, () -> Go.run(main)));
      } while (!shown().contains("io.heddle.Chan.receive") && limit.compareTo(LIMIT) < 0);
      assertTrue(shown().contains("it did not end. Its threads were"), shown());
      assertTrue(shown().contains("\"weaver\" [chan receive]"), shown());
      assertTrue(shown().contains("io.heddle.Chan.receive"), shown());
    }
  }

  @Test
  void afterAProgramThatCannotBeStoppedNoOtherRuns() throws Exception {
    var end = new CountDownLatch(1);
    var ended = new CountDownLatch(1);
    Task stubborn =
        () -> {
          boolean waits = true;
          while (waits) {
            try {
              end.await();
              waits = false;
            } catch (InterruptedException e) {
              // It ought to end now.
            }
          }
          ended.countDown();
        };
    List<TourProgram> programs =
        List.of(
            new TourProgram("Stubborn", "an example", ZERO, exactly()),
            new TourProgram("Other", "an example", ZERO, exactly()));
    try {
      assertEquals(1, tour(ofMillis(100), false).run(programs, name -> stubborn));
      assertTrue(shown().contains("not even when interrupted"), shown());
      assertTrue(shown().contains("FAILED  Other: not run"), shown());
      assertTrue(shown().endsWith("tour: 0 passed, 2 failed\n"), shown());
    } finally {
      end.countDown();
      ended.await();
    }
  }

  @Test
  void systemOutIsItselfAgainAfterwards() throws Exception {
    PrintStream before = System.out;
    run(LIMIT, ZERO, TourTest::printAB);
    assertSame(before, System.out);
  }

  @Test
  void coloursAreThereOnlyWhenAskedFor() throws Exception {
    run(LIMIT, ZERO, TourTest::printAB);
    assertFalse(shown().contains("\033["), shown());
    tour(LIMIT, true).list();
    assertTrue(shown().contains("\033[1m"), shown());
  }

  @Test
  void theListNamesAllProgramsInTheirOrder() {
    tour(LIMIT, false).list();
    List<String> names =
        shown()
            .lines()
            .filter(line -> line.startsWith("  "))
            .map(line -> line.strip().replaceFirst(" .*", ""))
            .toList();
    assertEquals(Programs.list().stream().map(TourProgram::name).toList(), names);
    assertEquals(
        List.of("StartingGoroutines", "Channels", "Selects", "Timeouts"), names.subList(0, 4));
    assertEquals("RemoteWorkers", names.getLast());
  }

  @Nested
  final class AName {
    @Test
    void isFoundInAnyCaseAndWithHyphens() throws Exception {
      assertEquals(0, tour(LIMIT, false).run(List.of("WAIT-groups", "channels")));
      assertTrue(shown().startsWith("WaitGroups: "), shown());
      assertTrue(shown().endsWith("tour: 2 passed, 0 failed\n"), shown());
    }

    @Test
    void thatIsUnknownRunsNothing() {
      Tour tour = tour(LIMIT, false);
      assertThrows(
          IllegalArgumentException.class, () -> tour.run(List.of("Channels", "NoSuchProgram")));
      assertEquals("", shown());
    }

    @Test
    void mayBeThatOfItsFile() {
      assertEquals(Tour.source("Channels"), Tour.source("Channels.java"));
      assertEquals(Tour.source("Channels"), Tour.source("./tour/programs/Channels.java"));
    }

    private static final String ALL = " `heddle tour --list` shows them all";

    private static String messageFor(String name) {
      return assertThrows(IllegalArgumentException.class, () -> Tour.source(name)).getMessage();
    }

    @Test
    void thatIsNearlyRightIsCorrected() {
      assertEquals(
          "no program is called 'Chanels'; did you mean Channels?" + ALL, messageFor("Chanels"));
      assertEquals(
          "no program is called 'context'; did you mean Contexts or ContextTree?" + ALL,
          messageFor("context"));
    }

    @Test
    void thatIsFarOffIsAnsweredWithWhereTheNamesAre() {
      assertEquals("no program is called 'Nope';" + ALL, messageFor("Nope"));
      assertEquals("no program is called '';" + ALL, messageFor(""));
    }
  }
}
