package io.heddle;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/** Errors and dumps say who ended a context, where, and when. */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
@Tag("clock")
final class ContextEndTest {
  private static final String HERE = ContextEndTest.class.getName();

  private static void cancelHere(CancelContext context) {
    context.cancel();
  }

  private static boolean isHere(StackTraceElement frame, String method) {
    return frame.getClassName().equals(HERE) && frame.getMethodName().equals(method);
  }

  private static ContextException failureUnder(Context context) {
    return assertThrows(ContextException.class, () -> Chan.unbuffered().receive(context));
  }

  private static void assertSetHere(String expected, String message) {
    assertTrue(
        message.startsWith(expected + " set at ") && message.contains(HERE + ".lambda$"), message);
  }

  @BeforeEach
  @AfterEach
  void forgetThoseThatHaveAsked() {
    Creator.walks = 100;
  }

  @Test
  void theErrorSaysWhichGoroutineCancelledAndWhere() throws InterruptedException {
    run(() -> {
      CancelContext context = Context.background().withCancel();
      go("closer", () -> cancelHere(context)).join();
      ContextException thrown = failureUnder(context);
      assertEquals(
          "chan receive: context cancelled by goroutine 2 \"closer\"", thrown.getMessage());
      assertSame(context.error(), thrown.getCause());
      assertTrue(
          Arrays.stream(thrown.getCause().getStackTrace())
              .anyMatch(frame -> isHere(frame, "cancelHere")));
    });
  }

  @Test
  void aThreadIsNamedTooAndAContextBelowHasTheSameError() {
    CancelContext context = Context.background().withCancel();
    Context below = context.withValue(Context.key("key"), "value").withCancel();
    context.cancel(new IllegalStateException("why"));
    String who = "thread \"" + Thread.currentThread().getName() + "\"";
    assertEquals("context cancelled by " + who, context.error().getMessage());
    assertSame(context.error(), below.error());
    ContextException thrown = failureUnder(below);
    assertEquals("why", thrown.getCause().getMessage());
    String message = thrown.getMessage();
    assertTrue(message.startsWith("chan receive: context cancelled by " + who + " at "), message);
    assertTrue(message.contains("ContextEndTest.aThreadIsNamed"), message);
  }

  @Test
  void aContextThatIsClosedSaysWhereOnlyIfSomebodyIsLeft() throws InterruptedException {
    run(() -> {
      CancelContext left = Context.background().withCancel();
      left.close();
      assertEquals("context cancelled", left.error().getMessage());
      assertEquals(0, left.error().getStackTrace().length);

      Chan<ContextException> seen = Chan.unbuffered();
      try (CancelContext context = Context.background().withCancel()) {
        Goroutine<?> waiting = go(() -> seen.send(failureUnder(context)));
        TestSupport.awaitBlocked(waiting, "chan receive");
      }
      ContextException thrown = seen.receive();
      assertEquals("chan receive: context cancelled by goroutine 1", thrown.getMessage());
      assertTrue(thrown.getCause().getStackTrace().length > 0);
    });
  }

  @Test
  void aTimeoutSaysHowLongAndWhereItWasSet() throws InterruptedException {
    VirtualClock.run(_ -> {
      try (CancelContext context = Context.background().withTimeout(Duration.ofMillis(1500))) {
        go(context, () -> Chan.unbuffered().receive()).join();
        String message = failureUnder(context).getMessage();
        assertSetHere("chan receive: context deadline exceeded: timeout of 1.5s", message);
      }
      try (CancelContext context = Context.background().withDeadline(Go.now())) {
        String message = failureUnder(context).getMessage();
        assertSetHere(
            "chan receive: context deadline exceeded: deadline " + context.deadline(), message);
      }
    });
  }

  @Test
  void anOperationUnderAContextThatEndedLongAgoSaysSo() throws InterruptedException {
    VirtualClock.run(_ -> {
      CancelContext context = Context.background().withCancel();
      context.cancel();
      assertEquals(
          "chan receive: context cancelled by goroutine 1", failureUnder(context).getMessage());
      Go.sleep(Duration.ofSeconds(3));
      assertEquals(
          "chan receive: context cancelled by goroutine 1 3 s ago",
          failureUnder(context).getMessage());
      Go.sleep(Duration.ofMinutes(3));
      assertEquals(
          "chan receive: context cancelled by goroutine 1 3 min ago",
          failureUnder(context).getMessage());
    });
  }

  @Test
  void aDumpShowsThatAGoroutineWaitsUnderAContextThatIsDone() throws InterruptedException {
    run(() -> {
      CancelContext context = Context.background().withCancel();
      Chan<String> never = Chan.unbuffered();
      Goroutine<?> stubborn =
          go(
              context.withoutInterrupts(),
              () -> {
                never.receive();
              });
      TestSupport.awaitBlocked(stubborn, "chan receive");
      assertFalse(Program.current().dump().contains("context"));
      cancelHere(context);
      String dump = Program.current().dump();
      assertTrue(
          dump.lines()
              .anyMatch(line ->
                  line.startsWith("context cancelled by goroutine 1 at ")
                      && line.contains(HERE + ".cancelHere(")),
          dump);
      assertTrue(Goroutines.dumpJson().contains("\"contextError\":\"context cancelled by"));
      never.close();
      stubborn.join();
    });
  }

  @Test
  void onlySoManyStacksAreWalkedInASecond() {
    int walked = 0;
    long start = System.nanoTime();
    for (int i = 0; i < 100_000; i++) {
      walked += Creator.mayWalk() ? 1 : 0;
    }
    long elapsed = System.nanoTime() - start;
    assertTrue(walked >= 100, () -> "the first hundred at least");
    assertTrue(walked <= 200 + TimeUnit.NANOSECONDS.toMillis(elapsed), walked + " in " + elapsed);
    TestSupport.await("the next hundred", () -> Creator.walks == 100);
  }

  @Test
  void aContextThatMayNotWalkTheStackStillSaysWhoEndedIt() throws InterruptedException {
    VirtualClock.run(_ -> {
      Creator.walks = 0; // and no refill is due, as there is after the last of the hundred
      CancelContext context = Context.background().withCancel();
      go("closer", () -> context.cancel()).join();
      assertEquals(0, context.error().getStackTrace().length);
      Go.sleep(Duration.ofSeconds(3));
      assertEquals(
          "chan receive: context cancelled by goroutine 2 \"closer\"",
          failureUnder(context).getMessage());
      try (CancelContext late = Context.background().withTimeout(Duration.ZERO)) {
        assertEquals("context deadline exceeded: timeout of 0s", late.error().getMessage());
      }
    });
  }
}
