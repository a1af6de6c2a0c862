package io.heddle;

import static io.heddle.Go.after;
import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static io.heddle.Select.onComplete;
import static io.heddle.Select.otherwise;
import static io.heddle.Select.select;
import static java.time.Duration.ofHours;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The JDK's futures as cases of a select. */
@Timeout(60)
final class FutureCaseTest {
  @Test
  void aFutureThatIsCompleteIsChosenAtOnce() throws Exception {
    run(() -> {
      CompletableFuture<String> future = CompletableFuture.completedFuture("done");
      assertEquals("done", select(onComplete(future), otherwise(() -> "not yet")));
    });
  }

  @Test
  void aFutureThatIsNotIsNot() throws Exception {
    run(() -> {
      CompletableFuture<String> future = new CompletableFuture<>();
      assertEquals("not yet", select(onComplete(future), otherwise(() -> "not yet")));
    });
  }

  @Test
  void completionWakesASelectThatWaits() throws Exception {
    run(() -> {
      CompletableFuture<String> future = new CompletableFuture<>();
      Chan<String> result = Chan.unbuffered();
      Goroutine<?> waiting =
          go(() ->
              result.send(
                  select(onComplete(future), after(ofHours(1)).onReceive(t -> "too late"))));
      TestSupport.awaitBlocked(waiting, "select");
      future.complete("done");
      assertEquals("done", result.receive());
    });
  }

  @Test
  void aFailureIsThrownAsJoinDoes() throws Exception {
    run(() -> {
      IOException cause = new IOException("disk");
      CompletableFuture<String> future = CompletableFuture.failedFuture(cause);
      var e = assertThrows(CompletionException.class, () -> select(onComplete(future)));
      assertSame(cause, e.getCause());
    });
  }

  @Test
  void aFunctionGetsTheValueOrWhatItFailedWith() throws Exception {
    run(() -> {
      IOException cause = new IOException("disk");
      CompletableFuture<String> failed = CompletableFuture.failedFuture(cause);
      assertSame(cause, select(onComplete(failed, (value, failure) -> failure)));

      CompletableFuture<String> cancelled = new CompletableFuture<>();
      cancelled.cancel(true);
      assertEquals(
          CancellationException.class,
          select(onComplete(cancelled, (value, failure) -> failure.getClass())));

      CompletableFuture<String> done = CompletableFuture.completedFuture("done");
      assertNull(select(onComplete(done, (value, failure) -> failure)));
      assertEquals("done!", select(onComplete(done, (value, failure) -> value + "!")));
    });
  }

  /** Its methods are foreign code, which must not run under a lock of Heddle's. */
  @Test
  void aFutureOfAnotherClassIsOnlyAskedForItsResult() throws Exception {
    final class Strange extends CompletableFuture<String> {
      @Override
      public boolean isDone() {
        throw new IllegalStateException("asked");
      }
    }

    run(() -> {
      Strange future = new Strange();
      assertEquals("not yet", select(onComplete(future), otherwise(() -> "not yet")));
      Goroutine<?> waiting = go(() -> assertEquals("done", select(onComplete(future))));
      TestSupport.awaitBlocked(waiting, "select");
      future.complete("done");
      waiting.join();
      assertEquals("done", select(onComplete(future), otherwise(() -> "not yet")));
    });
  }

  /** Its {@code join} and {@code isDone} are not to be had, though its class is a future's. */
  @Test
  void aStageThatIsNoFutureIsACase() throws Exception {
    run(() -> {
      CompletableFuture<String> future = new CompletableFuture<>();
      CompletionStage<String> stage = future.minimalCompletionStage();
      assertEquals("not yet", select(onComplete(stage), otherwise(() -> "not yet")));
      Goroutine<?> waiting = go(() -> assertEquals("done", select(onComplete(stage))));
      TestSupport.awaitBlocked(waiting, "select");
      future.complete("done");
      waiting.join();
    });
  }

  @Test
  void aStageThatFailedIsToldApartFromOneThatWasCancelled() throws Exception {
    run(() -> {
      IOException cause = new IOException("disk");
      CompletionStage<String> failed = CompletableFuture.failedStage(cause);
      assertSame(cause, select(onComplete(failed, (value, failure) -> failure)));
      assertSame(
          cause,
          assertThrows(CompletionException.class, () -> select(onComplete(failed))).getCause());

      CompletableFuture<String> future = new CompletableFuture<>();
      CompletableFuture<String> cancelled = future.copy();
      CompletionStage<String> dependent = cancelled.minimalCompletionStage();
      cancelled.cancel(true);
      assertEquals(
          CancellationException.class,
          select(onComplete(dependent, (value, failure) -> failure.getClass())));
    });
  }

  @Test
  void oneCaseServesManySelects() throws Exception {
    run(() -> {
      CompletableFuture<String> future = new CompletableFuture<>();
      Chan<Integer> numbers = Chan.buffered(3);
      Case<String> end = onComplete(future);
      Case<Integer> number = numbers.onReceive();
      Select either = Select.inOrder(number, end);
      for (int i = 0; i < 3; i++) {
        numbers.send(i);
      }
      future.complete("end");
      int sum = 0;
      while (either.await() == number) {
        sum += number.result();
      }
      assertEquals(3, sum);
      assertEquals("end", end.result());
    });
  }
}
