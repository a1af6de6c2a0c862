package io.heddle.testing;

import static io.heddle.Go.after;
import static io.heddle.Go.go;
import static io.heddle.Go.now;
import static io.heddle.Go.sleep;
import static io.heddle.Select.onComplete;
import static io.heddle.Select.select;
import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofNanos;
import static java.time.Duration.ofSeconds;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.ShutdownContext;
import io.heddle.WaitGroup;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class BubbleTest {
  private static final Instant START = Instant.parse("2000-01-01T00:00:00Z");

  @Test
  void timeBeginsAtTheTurnOfTheMillenniumAndMovesByWaitingOnly() throws Exception {
    long start = System.nanoTime();
    Bubble.run(() -> {
      assertEquals(START, now());
      sleep(ofHours(1));
      assertEquals(START.plusSeconds(3600), now());
      go(() -> sleep(ofHours(2))).join();
      assertEquals(START.plusSeconds(3 * 3600), now());
    });
    assertTrue(Duration.ofNanos(System.nanoTime() - start).toSeconds() < 30);
  }

  @Test
  void anEmptyBubbleReturns() throws Exception {
    Bubble.run(() -> {});
  }

  @Test
  void aDeadlockOfMainIsReported() {
    DeadlockError error =
        assertThrows(
            DeadlockError.class, () -> Bubble.run(() -> Chan.<String>unbuffered().receive()));
    assertTrue(error.goroutines().startsWith("goroutine 1 [chan receive]:"), error.goroutines());
    assertTrue(error.goroutines().contains("BubbleTest"), error.goroutines());
  }

  @Test
  void goroutinesThatOutliveMainAreNamed() {
    LeakError error =
        assertThrows(
            LeakError.class,
            () ->
                Bubble.run(() -> {
                  Chan<String> channel = Chan.unbuffered();
                  go("leaker", () -> channel.send("nobody listens"));
                  go(() -> sleep(ofSeconds(1)));
                }));
    assertTrue(error.goroutines().contains("\"leaker\" [chan send]:"), error.goroutines());
    assertTrue(error.goroutines().contains(" [sleep]:"), error.goroutines());
    assertTrue(error.goroutines().contains("BubbleTest.lambda$goroutinesThat"));
  }

  @Test
  void whatAGoroutineThrowsIsThrownAsItIs() {
    AssertionError failure = new AssertionError("wrong");
    AssertionError thrown =
        assertThrows(
            AssertionError.class,
            () ->
                Bubble.run(() -> {
                  go(
                      "checker",
                      () -> {
                        throw failure;
                      });
                  sleep(ofMillis(1));
                }));
    assertEquals(failure, thrown);
    assertTrue(thrown.getSuppressed()[0].getMessage().startsWith("checker failed"));
  }

  @Test
  void settleWaitsForAChainOfGoroutines() throws Exception {
    Bubble.run(() -> {
      int[] steps = new int[1];
      Chan<Integer> first = Chan.unbuffered();
      Chan<Integer> in = first;
      for (int i = 0; i < 100; i++) {
        Chan<Integer> from = in;
        Chan<Integer> to = Chan.unbuffered();
        go(() -> {
          int value = from.receive();
          steps[0]++;
          to.send(value);
        });
        in = to;
      }
      Bubble.settle();
      assertEquals(0, steps[0]);
      first.send(1);
      Bubble.settle();
      assertEquals(100, steps[0]);
      in.receive();
      assertEquals(START, now());
    });
  }

  @Test
  void aWaitGroupIsDurable() throws Exception {
    Bubble.run(() -> {
      WaitGroup group = new WaitGroup();
      for (int i = 0; i < 10; i++) {
        int seconds = i;
        group.go(() -> sleep(ofSeconds(seconds)));
      }
      group.await();
      assertEquals(ofSeconds(9), ofNanos(Go.nanoTime()));
    });
  }

  @Test
  void aChannelOfABubbleCannotBeUsedOutside() throws Exception {
    var kept = new java.util.concurrent.atomic.AtomicReference<Chan<Integer>>();
    Bubble.run(() -> {
      Chan<Integer> channel = Chan.buffered(1);
      channel.send(1);
      kept.set(channel);
      var outside =
          new java.util.concurrent.FutureTask<>(
              () -> assertThrows(IllegalStateException.class, channel::tryReceive));
      Thread.ofPlatform().start(outside);
      String message = outside.get().getMessage();
      assertTrue(message.contains("from outside"), message);
    });
    assertEquals(1, kept.get().tryReceive()); // its bubble has ended
  }

  @Test
  void waitingForAChannelFromOutsideStopsTime() throws Exception {
    Chan<Integer> outside = Chan.unbuffered();
    Thread sender =
        Thread.ofVirtual()
            .start(() -> {
              try {
                Thread.sleep(20); // real time, in which a bubble that did not wait would end
                outside.send(1);
              } catch (InterruptedException e) {
                throw new AssertionError(e);
              }
            });
    Bubble.run(() -> {
      go(() -> sleep(ofHours(1)));
      assertEquals(1, outside.receive());
      assertEquals(START, now());
      sleep(ofHours(1));
    });
    sender.join();
  }

  /** Starts a thread outside that acts once the calling goroutine waits. */
  private static Thread onceThisWaits(Runnable action) {
    Thread waits = Thread.currentThread();
    return Thread.ofPlatform()
        .start(() -> {
          while (waits.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
          }
          action.run();
        });
  }

  @Test
  void timeStandsStillUntilAThreadOutsideCompletesAFuture() throws Exception {
    Bubble.run(() -> {
      CompletableFuture<String> future = new CompletableFuture<>();
      Thread outside = onceThisWaits(() -> future.complete("done"));
      assertEquals("done", select(onComplete(future)));
      outside.join();
    });
    Bubble.run(() -> {
      CompletableFuture<String> future = new CompletableFuture<>();
      Thread outside = onceThisWaits(() -> future.complete("done"));
      assertEquals(
          "done", select(onComplete(future), after(ofHours(1)).onReceive(time -> "an hour")));
      outside.join();
      assertEquals(START, now());
    });
  }

  @Test
  void timeStandsStillUntilAGoroutineOutsideHasEnded() throws Exception {
    Goroutine<?> outside = go(() -> Chan.<String>unbuffered().receive());
    Bubble.run(() -> {
      Thread ends = onceThisWaits(outside::cancel);
      outside.join(ofHours(1)); // the first to ask for its end
      ends.join();
      assertEquals(START, now());
    });
  }

  @Test
  void settleNeedsABubble() {
    assertThrows(IllegalStateException.class, Bubble::settle);
    assertNull(io.heddle.Goroutine.current());
  }

  @Test
  void noSignalReachesABubble() throws Exception {
    Bubble.run(() -> {
      ShutdownContext context = Context.untilShutdown();
      Goroutine<?> waiter = go(() -> context.done().receive());
      Bubble.settle();
      assertFalse(context.isDone());
      context.close();
      waiter.join();
    });
    assertThrows(
        DeadlockError.class,
        () ->
            Bubble.run(() -> {
              try (ShutdownContext context = Context.untilShutdown()) {
                context.done().receive();
              }
            }));
  }
}
