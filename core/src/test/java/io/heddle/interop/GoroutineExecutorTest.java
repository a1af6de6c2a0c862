package io.heddle.interop;

import static java.util.concurrent.TimeUnit.DAYS;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.CancelContext;
import io.heddle.CancelledException;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.PanicException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionService;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The contract of an executor service, as that of the JDK's is tested, on goroutines. */
@Timeout(60)
final class GoroutineExecutorTest {
  private static final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1;

    Failure(String message) {
      super(message);
    }
  }

  /** A task that never ends, unless it is interrupted. */
  private static final class Endless implements Callable<String> {
    final CountDownLatch started = new CountDownLatch(1);
    final CountDownLatch interrupted = new CountDownLatch(1);

    @Override
    public String call() throws InterruptedException {
      started.countDown();
      try {
        Chan.never().receive();
        throw new AssertionError("received from a channel that is never ready");
      } catch (InterruptedException e) {
        interrupted.countDown();
        throw e;
      }
    }
  }

  private static Callable<String> failing(String message) {
    return () -> {
      throw new Failure(message);
    };
  }

  // Submission

  @Test
  void eachTaskRunsInAGoroutineOfItsOwn() throws Exception {
    try (var executor = new GoroutineExecutor()) {
      Future<@Nullable Goroutine<?>> one = executor.submit(() -> Goroutine.current());
      Future<@Nullable Goroutine<?>> two = executor.submit(() -> Goroutine.current());
      assertNotNull(one.get());
      assertNotNull(two.get());
      assertNotEquals(one.get(), two.get());
    }
  }

  @Test
  void anExecutedTaskRuns() throws Exception {
    Chan<String> ran = Chan.buffered(1);
    try (var executor = new GoroutineExecutor()) {
      executor.execute(() -> ran.trySend("ran"));
      assertEquals("ran", ran.receive());
    }
  }

  @Test
  void aFutureYieldsWhatItsTaskReturns() throws Exception {
    try (var executor = new GoroutineExecutor()) {
      Future<String> future = executor.submit(() -> "value");
      assertEquals("value", future.get());
      assertEquals("value", future.get(0, SECONDS));
      assertTrue(future.isDone());
      assertFalse(future.isCancelled());
      assertEquals(Future.State.SUCCESS, future.state());
      assertEquals("value", future.resultNow());
      assertNull(executor.submit(() -> null).get());
      assertNull(executor.submit(() -> {}).get());
      assertEquals("given", executor.submit(() -> {}, "given").get());
    }
  }

  @Test
  void aFutureThrowsWhatItsTaskThrewAndTheProgramGoesOn() throws Exception {
    AtomicReference<@Nullable Throwable> cause = new AtomicReference<>();
    Error error = new Error("thrown");
    Go.run(() -> {
      try (var executor = new GoroutineExecutor()) {
        Callable<String> throwing =
            () -> {
              throw error;
            };
        Future<String> future = executor.submit(throwing);
        ExecutionException thrown = assertThrows(ExecutionException.class, future::get);
        cause.set(thrown.getCause());
        assertEquals(Future.State.FAILED, future.state());
        assertSame(error, future.exceptionNow());
      }
    });
    assertSame(error, cause.get());
  }

  @Test
  void whatAnExecutedTaskThrowsEndsTheProgramLikeAnyGoroutinesFailure() {
    Failure failure = new Failure("executed");
    PanicException panic =
        assertThrows(
            PanicException.class,
            () ->
                Go.run(() -> {
                  try (var executor = new GoroutineExecutor()) {
                    executor.execute(() -> {
                      throw failure;
                    });
                    Chan.never().receive();
                  }
                }));
    assertSame(failure, panic.getCause());
  }

  @RepeatedTest(200)
  void theFailureOfItsLastTaskIsNotLostWhenTheExecutorIsClosed() {
    Failure failure = new Failure("executed");
    PanicException panic =
        assertThrows(
            PanicException.class,
            () ->
                Go.run(() -> {
                  try (var executor = new GoroutineExecutor()) {
                    executor.execute(() -> {
                      throw failure;
                    });
                  }
                }));
    assertSame(failure, panic.getCause());
  }

  @RepeatedTest(20)
  void theEndOfTheExecutorIsNotTakenForTheReasonOfAFailure() {
    CancelledException failure = new CancelledException("of something else", null);
    PanicException panic =
        assertThrows(
            PanicException.class,
            () ->
                Go.run(() -> {
                  Chan<Integer> gate = Chan.unbuffered();
                  var executor = new GoroutineExecutor();
                  executor.execute(() -> {
                    while (gate.tryReceive() == null) {
                      Go.gosched();
                    }
                    throw failure;
                  });
                  executor.shutdown();
                  gate.send(1);
                  executor.close();
                }));
    assertSame(failure, panic.getCause());
  }

  @Test
  void nullsAreRefused() throws Exception {
    try (var executor = new GoroutineExecutor()) {
      assertThrows(NullPointerException.class, () -> executor.execute(null));
      assertThrows(NullPointerException.class, () -> executor.submit((Runnable) null));
      assertThrows(NullPointerException.class, () -> executor.submit((Callable<String>) null));
      assertThrows(NullPointerException.class, () -> executor.submit(null, "result"));
      assertThrows(NullPointerException.class, () -> executor.invokeAll(null));
      assertThrows(NullPointerException.class, () -> executor.invokeAny(null));
      List<Callable<String>> withNull = Arrays.asList(() -> "value", null);
      assertThrows(NullPointerException.class, () -> executor.invokeAll(withNull));
      assertThrows(NullPointerException.class, () -> executor.invokeAny(withNull));
      assertThrows(
          NullPointerException.class, () -> executor.invokeAll(List.of(() -> "a"), 1, null));
      assertThrows(
          NullPointerException.class, () -> executor.invokeAny(List.of(() -> "a"), 1, null));
      assertThrows(NullPointerException.class, () -> executor.awaitTermination(1, null));
      assertThrows(NullPointerException.class, () -> executor.submit(() -> "value").get(1, null));
    }
  }

  @Test
  void whatHappenedBeforeTheSubmissionIsSeenByTheTaskAndWhatThatDidByWhoeverGetsItsResult()
      throws Exception {
    try (var executor = new GoroutineExecutor()) {
      for (int i = 0; i < 1_000; i++) {
        int[] plain = {i, 0};
        int sent = i;
        executor
            .submit(() -> {
              assertEquals(sent, plain[0]);
              plain[1] = sent + 1;
            })
            .get();
        assertEquals(i + 1, plain[1]);
      }
    }
  }

  // Futures: waiting and cancellation

  @Test
  void getWaitsForALimitedTime() throws Exception {
    Endless endless = new Endless();
    try (var executor = new GoroutineExecutor()) {
      Future<String> future = executor.submit(endless);
      assertThrows(TimeoutException.class, () -> future.get(1, MILLISECONDS));
      assertThrows(TimeoutException.class, () -> future.get(-1, DAYS));
      assertFalse(future.isDone());
      assertThrows(IllegalStateException.class, future::resultNow);
      assertEquals(Future.State.RUNNING, future.state());
      future.cancel(true);
    }
  }

  @Test
  void aWaitThatIsAsLongAsCanBeEndsWithTheTask() throws Exception {
    try (var executor = new GoroutineExecutor()) {
      assertEquals("value", executor.submit(() -> "value").get(Long.MAX_VALUE, DAYS));
      executor.shutdown();
      assertTrue(executor.awaitTermination(Long.MAX_VALUE, DAYS));
    }
  }

  @Test
  void getIsInterruptedUnlessTheTaskHasEnded() throws Exception {
    Endless endless = new Endless();
    try (var executor = new GoroutineExecutor()) {
      Future<String> running = executor.submit(endless);
      Thread.currentThread().interrupt();
      assertThrows(InterruptedException.class, running::get);
      assertFalse(Thread.currentThread().isInterrupted());
      running.cancel(true);
      Future<String> ended = executor.submit(() -> "value");
      ended.get();
      Thread.currentThread().interrupt();
      assertEquals("value", ended.get());
      assertTrue(Thread.interrupted());
    }
  }

  @Test
  void cancelInterruptsTheTask() throws Exception {
    Endless endless = new Endless();
    try (var executor = new GoroutineExecutor()) {
      Future<String> future = executor.submit(endless);
      endless.started.await();
      assertTrue(future.cancel(true));
      endless.interrupted.await();
      assertTrue(future.isCancelled());
      assertTrue(future.isDone());
      assertThrows(CancellationException.class, future::get);
      assertThrows(CancellationException.class, () -> future.get(1, SECONDS));
      assertEquals(Future.State.CANCELLED, future.state());
      assertFalse(future.cancel(true));
    }
  }

  @Test
  void cancelWithoutInterruptLetsTheTaskRunAndDropsItsResult() throws Exception {
    Chan<String> toTask = Chan.unbuffered();
    CountDownLatch started = new CountDownLatch(1);
    AtomicBoolean completed = new AtomicBoolean();
    try (var executor = new GoroutineExecutor()) {
      Future<?> future =
          executor.submit(() -> {
            started.countDown();
            toTask.receive();
            completed.set(true);
            return "dropped";
          });
      started.await();
      assertTrue(future.cancel(false));
      assertThrows(CancellationException.class, future::get);
      toTask.send("go on");
    }
    assertTrue(completed.get());
  }

  @Test
  void aWaitingGetEndsWithTheCancellation() throws Exception {
    Endless endless = new Endless();
    try (var executor = new GoroutineExecutor()) {
      Future<String> future = executor.submit(endless);
      Future<Boolean> waiting =
          executor.submit(() -> {
            try {
              future.get();
              return false;
            } catch (CancellationException e) {
              return true;
            }
          });
      future.cancel(true);
      assertTrue(waiting.get());
    }
  }

  @Test
  void aTaskThatIsOverIsNotCancelled() throws Exception {
    try (var executor = new GoroutineExecutor()) {
      Future<String> future = executor.submit(() -> "value");
      future.get();
      assertFalse(future.cancel(true));
      assertFalse(future.isCancelled());
      assertEquals("value", future.get());
    }
  }

  @Test
  void oneOfCompletionAndCancellationWins() throws Exception {
    try (var executor = new GoroutineExecutor()) {
      for (int i = 0; i < 2_000; i++) {
        AtomicInteger runs = new AtomicInteger();
        Future<Integer> future = executor.submit(runs::incrementAndGet);
        boolean cancelled = future.cancel((i & 1) == 0);
        if (cancelled) {
          assertThrows(CancellationException.class, future::get);
        } else {
          assertEquals(1, future.get());
        }
        assertEquals(cancelled, future.isCancelled());
        assertFalse(Thread.currentThread().isInterrupted());
      }
    }
  }

  // Shutdown

  @Test
  void aTaskAfterTheShutdownIsRejected() throws Exception {
    var executor = new GoroutineExecutor();
    assertFalse(executor.isShutdown());
    executor.shutdown();
    assertTrue(executor.isShutdown());
    assertThrows(RejectedExecutionException.class, () -> executor.execute(() -> {}));
    assertThrows(RejectedExecutionException.class, () -> executor.submit(() -> {}));
    assertThrows(RejectedExecutionException.class, () -> executor.submit(() -> "value"));
    assertThrows(
        RejectedExecutionException.class, () -> executor.invokeAll(List.of(() -> "value")));
    assertThrows(
        RejectedExecutionException.class, () -> executor.invokeAny(List.of(() -> "value")));
    assertThrows(NullPointerException.class, () -> executor.execute(null));
    executor.shutdown();
    assertTrue(executor.isTerminated());
  }

  @Test
  void aShutdownLetsTasksEnd() throws Exception {
    Chan<String> toTask = Chan.unbuffered();
    var executor = new GoroutineExecutor();
    Future<String> future = executor.submit(() -> toTask.receive());
    executor.shutdown();
    assertFalse(executor.isTerminated());
    assertFalse(executor.awaitTermination(0, SECONDS));
    assertFalse(executor.awaitTermination(1, NANOSECONDS));
    toTask.send("value");
    assertTrue(executor.awaitTermination(Long.MAX_VALUE, NANOSECONDS));
    assertTrue(executor.isTerminated());
    assertTrue(future.isDone());
    assertEquals("value", future.get());
  }

  @Test
  void shutdownNowInterruptsWhatRunsAndNothingIsLeftToReturn() throws Exception {
    Endless one = new Endless();
    Endless two = new Endless();
    var executor = new GoroutineExecutor();
    Future<String> future = executor.submit(one);
    Future<String> other = executor.submit(two);
    assertEquals(List.of(), executor.shutdownNow());
    assertTrue(executor.awaitTermination(Long.MAX_VALUE, NANOSECONDS));
    ExecutionException thrown = assertThrows(ExecutionException.class, future::get);
    assertInstanceOf(InterruptedException.class, thrown.getCause());
    assertFalse(future.isCancelled());
    assertEquals(Future.State.FAILED, other.state());
  }

  @Test
  void awaitTerminationIsInterrupted() throws Exception {
    Endless endless = new Endless();
    try (var executor = new GoroutineExecutor()) {
      Future<String> future = executor.submit(endless);
      Thread.currentThread().interrupt();
      assertThrows(InterruptedException.class, () -> executor.awaitTermination(1, DAYS));
      future.cancel(true);
    }
  }

  @Test
  void closeWaitsForTheTasks() throws Exception {
    List<Future<String>> futures = new ArrayList<>();
    try (var executor = new GoroutineExecutor()) {
      Chan<String> last = Chan.unbuffered();
      for (int i = 0; i < 10; i++) {
        futures.add(executor.submit(() -> last.receive()));
      }
      executor.execute(last::close);
    }
    futures.forEach(future -> assertTrue(future.isDone()));
  }

  @Test
  void aCloseByATaskOfItsOwnIsRefused() throws Exception {
    try (var executor = new GoroutineExecutor()) {
      Callable<Boolean> closing =
          () -> {
            assertThrows(IllegalStateException.class, executor::close);
            return executor.isShutdown();
          };
      assertFalse(executor.submit(closing).get());
      assertFalse(executor.invokeAny(List.of(closing)));
      assertTrue(
          CompletableFuture.runAsync(executor::close, executor)
              .handle((none, e) -> e.getCause() instanceof IllegalStateException)
              .get());
      Callable<Boolean> shuttingDown =
          () -> {
            executor.shutdown();
            return executor.isShutdown();
          };
      assertTrue(executor.submit(shuttingDown).get());
    }
  }

  @Test
  void aCloseByAGoroutineOfATaskOrATaskOfAnotherExecutorWaits() throws Exception {
    try (var other = new GoroutineExecutor()) {
      var executor = new GoroutineExecutor();
      Goroutine<?> child = executor.submit(() -> Go.go(Context.current(), executor::close)).get();
      child.join();
      assertNull(child.failure());
      assertTrue(executor.isTerminated());
      var second = new GoroutineExecutor();
      other.submit(() -> second.submit(second::isShutdown).get()).get();
      other.submit(second::close).get();
      assertTrue(second.isTerminated());
    }
  }

  @Test
  void anInterruptedCloseInterruptsTheTasksWaitsForThemAndKeepsTheInterrupt() {
    Endless endless = new Endless();
    var executor = new GoroutineExecutor();
    Future<String> future = executor.submit(endless);
    Thread.currentThread().interrupt();
    executor.close();
    assertTrue(Thread.interrupted());
    assertTrue(executor.isTerminated());
    assertTrue(future.isDone());
    executor.close();
  }

  @Test
  void tasksAreCountedOrRejectedWhileTheExecutorIsShutDown() throws Exception {
    for (int i = 0; i < 500; i++) {
      var executor = new GoroutineExecutor();
      AtomicInteger ran = new AtomicInteger();
      Goroutine<?> submitter =
          Go.go(() -> {
            try {
              while (true) {
                executor.execute(ran::incrementAndGet);
              }
            } catch (RejectedExecutionException e) {
              // as it should be
            }
          });
      executor.shutdown();
      assertTrue(executor.awaitTermination(Long.MAX_VALUE, NANOSECONDS));
      int atTermination = ran.get();
      submitter.join();
      assertEquals(atTermination, ran.get());
    }
  }

  // Contexts

  @Test
  void theEndOfTheContextInterruptsTheTasks() throws Exception {
    Endless endless = new Endless();
    try (CancelContext context = Context.background().withCancel();
        var executor = new GoroutineExecutor(context)) {
      Future<String> future = executor.submit(endless);
      context.cancel();
      assertInstanceOf(
          InterruptedException.class,
          assertThrows(ExecutionException.class, future::get).getCause());
      assertFalse(executor.isShutdown());
    }
  }

  // invokeAll, invokeAny

  @Test
  void invokeAllReturnsWhenAllHaveEndedInTheOrderOfTheTasks() throws Exception {
    try (var executor = new GoroutineExecutor()) {
      Chan<String> between = Chan.unbuffered();
      List<Future<String>> futures =
          executor.invokeAll(
              List.of(
                  between::receive,
                  () -> {
                    between.send("second");
                    return "first";
                  },
                  failing("third")));
      assertTrue(futures.stream().allMatch(Future::isDone));
      assertEquals("second", futures.get(0).get());
      assertEquals("first", futures.get(1).get());
      assertInstanceOf(
          Failure.class, assertThrows(ExecutionException.class, futures.get(2)::get).getCause());
      assertEquals(List.of(), executor.invokeAll(List.<Callable<String>>of()));
    }
  }

  @Test
  void invokeAllCancelsWhatHasNotEndedInTime() throws Exception {
    Endless endless = new Endless();
    try (var executor = new GoroutineExecutor()) {
      List<Future<String>> futures = executor.invokeAll(List.of(endless), 1, MILLISECONDS);
      assertTrue(futures.getFirst().isCancelled());
      List<Future<String>> inTime = executor.invokeAll(List.of(() -> "value"), 1, DAYS);
      assertEquals("value", inTime.getFirst().get());
    }
  }

  @Test
  void anInterruptedInvokeAllCancelsItsTasks() throws Exception {
    Endless endless = new Endless();
    try (var executor = new GoroutineExecutor()) {
      Goroutine<?> caller =
          Go.go(() ->
              assertThrows(InterruptedException.class, () -> executor.invokeAll(List.of(endless))));
      endless.started.await();
      caller.cancel();
      endless.interrupted.await();
      caller.join();
      assertNull(caller.failure());
    }
  }

  @Test
  void invokeAnyReturnsTheFirstSuccessAndCancelsTheOthers() throws Exception {
    Endless endless = new Endless();
    try (var executor = new GoroutineExecutor()) {
      String value =
          executor.invokeAny(
              List.of(
                  failing("one"),
                  endless,
                  () -> {
                    endless.started.await();
                    return "winner";
                  }));
      assertEquals("winner", value);
      endless.interrupted.await();
      assertNull(executor.invokeAny(List.<Callable<@Nullable String>>of(() -> null)));
    }
  }

  @Test
  void invokeAnyThrowsTheFailuresIfAllFail() {
    try (var executor = new GoroutineExecutor()) {
      ExecutionException thrown =
          assertThrows(
              ExecutionException.class,
              () -> executor.invokeAny(List.of(failing("one"), failing("two"))));
      assertInstanceOf(Failure.class, thrown.getCause());
      assertEquals(1, thrown.getSuppressed().length);
      assertInstanceOf(Failure.class, thrown.getSuppressed()[0]);
      assertThrows(IllegalArgumentException.class, () -> executor.invokeAny(List.of()));
    }
  }

  /** Tells when the caller of invokeAny has it. */
  private static final class Noticed extends Exception {
    private static final long serialVersionUID = 1;
    private final transient CountDownLatch noticed = new CountDownLatch(1);

    @Override
    public String getMessage() {
      noticed.countDown();
      return "noticed";
    }
  }

  @Test
  void failuresAreSuppressedInTheInterruptOfInvokeAny() {
    Thread caller = Thread.currentThread();
    Noticed failure = new Noticed();
    Callable<String> failing =
        () -> {
          throw failure;
        };
    Callable<String> interrupting =
        () -> {
          failure.noticed.await();
          caller.interrupt();
          return new Endless().call();
        };
    try (var executor = new GoroutineExecutor()) {
      var thrown =
          assertThrows(
              InterruptedException.class, () -> executor.invokeAny(List.of(failing, interrupting)));
      assertArrayEquals(new Throwable[] {failure}, thrown.getSuppressed());
    }
  }

  @Test
  void invokeAnyGivesUpWhenItsTimeIsOver() throws Exception {
    Endless endless = new Endless();
    try (var executor = new GoroutineExecutor()) {
      assertThrows(
          TimeoutException.class, () -> executor.invokeAny(List.of(endless), 1, MILLISECONDS));
      assertEquals("value", executor.invokeAny(List.of(() -> "value"), 1, DAYS));
    }
  }

  // Users of executors

  @Test
  void completableFuturesRunOnIt() throws Exception {
    try (var executor = new GoroutineExecutor()) {
      CompletableFuture<String> future =
          CompletableFuture.supplyAsync(() -> 20, executor)
              .thenCombineAsync(
                  CompletableFuture.supplyAsync(() -> 22, executor), Integer::sum, executor)
              .thenApplyAsync(
                  sum -> sum + (Goroutine.current() == null ? " elsewhere" : " in a goroutine"),
                  executor);
      assertEquals("42 in a goroutine", future.get());
      CompletableFuture<String> failed =
          CompletableFuture.supplyAsync(
              () -> {
                throw new Failure("supplier");
              },
              executor);
      assertInstanceOf(
          Failure.class, assertThrows(ExecutionException.class, failed::get).getCause());
    }
  }

  @Test
  void aCompletionServiceRunsOnIt() throws Exception {
    try (var executor = new GoroutineExecutor()) {
      CompletionService<Integer> service = new ExecutorCompletionService<>(executor);
      for (int i = 0; i < 100; i++) {
        int task = i;
        service.submit(() -> task);
      }
      int sum = 0;
      for (int i = 0; i < 100; i++) {
        sum += service.take().get();
      }
      assertEquals(99 * 100 / 2, sum);
    }
  }

  @Test
  void closeLeavesNoneOfManyTasksOut() throws Exception {
    AtomicInteger ran = new AtomicInteger();
    try (var executor = new GoroutineExecutor()) {
      for (int i = 0; i < 10_000; i++) {
        executor.execute(ran::incrementAndGet);
      }
    }
    assertEquals(10_000, ran.get());
  }
}
