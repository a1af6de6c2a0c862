package io.heddle;

import static io.heddle.Select.otherwise;
import static io.heddle.Select.select;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.TestSupport.Call;
import io.heddle.TestSupport.Caller;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * An operation that is given up, because of an interrupt, a context or a deadline, has not happened
 * and leaves no waiter; one that another goroutine completed first has happened. From every kind of
 * thread.
 */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("clock")
final class ChanInterruptionTest {
  private static final Duration MOMENT = Duration.ofMillis(1);

  /** Calls that block on a channel that is empty to receive from, or full to send to. */
  enum Blocking {
    SEND("chan send") {
      @Override
      void call(Chan<Integer> channel, Context context) throws InterruptedException {
        channel.send(1, context);
      }

      @Override
      void call(Chan<Integer> channel, Duration timeout)
          throws InterruptedException, TimeoutException {
        channel.send(1, timeout);
      }

      @Override
      void call(Chan<Integer> channel) throws InterruptedException {
        channel.send(1);
      }
    },
    RECEIVE("chan receive") {
      @Override
      void call(Chan<Integer> channel, Context context) throws InterruptedException {
        channel.receive(context);
      }

      @Override
      void call(Chan<Integer> channel, Duration timeout)
          throws InterruptedException, TimeoutException {
        channel.receive(timeout);
      }

      @Override
      void call(Chan<Integer> channel) throws InterruptedException {
        channel.receive();
      }
    },
    SELECT("select") {
      @Override
      void call(Chan<Integer> channel, Context context) throws InterruptedException {
        select(channel).await(context);
      }

      @Override
      void call(Chan<Integer> channel, Duration timeout)
          throws InterruptedException, TimeoutException {
        select(channel).await(timeout);
      }

      @Override
      void call(Chan<Integer> channel) throws InterruptedException {
        select(channel).await();
      }

      private Select select(Chan<Integer> channel) {
        return Select.of(channel.onReceive(), Chan.<Integer>never().onReceive(), channel.onSend(1));
      }
    };

    final String reason;

    Blocking(String reason) {
      this.reason = reason;
    }

    abstract void call(Chan<Integer> channel) throws InterruptedException;

    abstract void call(Chan<Integer> channel, Context context) throws InterruptedException;

    abstract void call(Chan<Integer> channel, Duration timeout)
        throws InterruptedException, TimeoutException;
  }

  @Nested
  final class ABlockedCall {
    private final Chan<Integer> channel = Chan.unbuffered();

    @ParameterizedTest
    @EnumSource
    void isEndedByAnInterrupt(Caller caller) {
      for (Blocking blocking : Blocking.values()) {
        Call call =
            caller.start(() -> {
              var e = assertThrows(InterruptedException.class, () -> blocking.call(channel));
              assertEquals(blocking.reason, e.getMessage());
              assertFalse(Thread.interrupted());
            });
        call.awaitBlocked(blocking.reason);
        call.thread().interrupt();
        call.join();
        TestSupport.assertNobodyQueued(channel);
      }
    }

    @ParameterizedTest
    @EnumSource
    void isEndedByItsContext(Caller caller) {
      Thread test = Thread.currentThread();
      for (Blocking blocking : Blocking.values()) {
        var context = Context.background().withCancel();
        Call call =
            caller.start(() -> {
              var e = assertThrows(CancelledException.class, () -> blocking.call(channel, context));
              String by = "context cancelled by thread \"" + test.getName() + '"';
              assertTrue(e.getMessage().startsWith(blocking.reason + ": " + by), e.getMessage());
              assertEquals("why", e.getCause().getMessage());
            });
        call.awaitBlocked(blocking.reason);
        context.cancel(new IllegalStateException("why"));
        call.join();
        TestSupport.assertNobodyQueued(channel);
      }
    }

    @ParameterizedTest
    @EnumSource
    void isEndedByTheDeadlineOfItsContext(Caller caller) {
      for (Blocking blocking : Blocking.values()) {
        Call call =
            caller.start(() -> {
              try (var context = Context.background().withTimeout(MOMENT)) {
                assertThrows(
                    DeadlineExceededException.class, () -> blocking.call(channel, context));
                assertNotNull(context.error());
              }
            });
        call.join();
        TestSupport.assertNobodyQueued(channel);
      }
    }

    @ParameterizedTest
    @EnumSource
    void isEndedByItsTimeout(Caller caller) {
      for (Blocking blocking : Blocking.values()) {
        Call call =
            caller.start(() -> {
              long start = System.nanoTime();
              var e = assertThrows(TimeoutException.class, () -> blocking.call(channel, MOMENT));
              assertTrue(System.nanoTime() - start >= MOMENT.toNanos());
              assertEquals(blocking.reason + ": timed out after 0.001s", e.getMessage());
            });
        call.join();
        TestSupport.assertNobodyQueued(channel);
      }
    }

    @ParameterizedTest
    @EnumSource
    void doesNotWaitWithATimeoutOfZeroOrLess(Blocking blocking) {
      for (Duration none : List.of(Duration.ZERO, Duration.ofSeconds(-1))) {
        assertThrows(TimeoutException.class, () -> blocking.call(channel, none));
        TestSupport.assertNobodyQueued(channel);
      }
    }

    @Test
    void anEndlessTimeoutIsNone() throws Exception {
      Call call =
          Caller.GOROUTINE.start(
              () -> assertEquals(1, channel.receive(Duration.ofSeconds(Long.MAX_VALUE))));
      call.awaitBlocked("chan receive");
      channel.send(1);
      call.join();
    }

    /** The claim of a waker comes before the interrupt, which therefore stays pending. */
    @ParameterizedTest
    @EnumSource
    void thatWasCompletedBeforeTheInterruptReturns(Caller caller) {
      for (int round = 0; round < 50; round++) {
        AtomicBoolean interrupted = new AtomicBoolean();
        Call call =
            caller.start(() -> {
              assertEquals(1, channel.receive());
              while (!interrupted.get()) {
                Thread.onSpinWait();
              }
              assertTrue(Thread.interrupted(), "the interrupt was lost");
            });
        call.awaitBlocked("chan receive");
        assertTrue(channel.trySend(1));
        call.thread().interrupt();
        interrupted.set(true);
        call.join();
        TestSupport.assertNobodyQueued(channel);
      }
    }
  }

  @Nested
  final class ACallThatCouldGoAhead {
    private final Chan<Integer> full = Chan.buffered(2);

    ACallThatCouldGoAhead() {
      assertTrue(full.trySend(7));
    }

    @ParameterizedTest
    @EnumSource
    void doesNotStartWithAnInterruptPending(Blocking blocking) {
      Thread.currentThread().interrupt();
      assertThrows(InterruptedException.class, () -> blocking.call(full));
      assertFalse(Thread.interrupted());
      assertEquals(1, full.len());
    }

    @ParameterizedTest
    @EnumSource
    void doesNotStartWithItsContextDone(Blocking blocking) {
      var context = Context.background().withCancel();
      context.cancel();
      assertThrows(CancelledException.class, () -> blocking.call(full, context));
      assertEquals(1, full.len());
    }

    @ParameterizedTest
    @EnumSource
    void goesAheadWithNoTimeLeft(Blocking blocking) throws Exception {
      blocking.call(full, Duration.ZERO);
      assertTrue(full.len() != 1);
    }

    @Test
    void goesAheadIfItDoesNotWaitWithAnInterruptPending() throws Exception {
      Thread.currentThread().interrupt();
      assertEquals(7, full.tryReceive());
      assertTrue(full.trySend(8));
      assertNotNull(Select.of(full.onReceive()).tryAwait());
      assertTrue(Thread.interrupted());
    }

    @Test
    void aSelectWithOtherwiseIsInterruptedToo() {
      Thread.currentThread().interrupt();
      assertThrows(
          InterruptedException.class, () -> select(full.onReceive(), otherwise(() -> null)));
      assertEquals(1, full.len());
    }

    @Test
    void theEndOfAContextThatIsAskedForGoesBeforeThePendingInterrupt() throws Exception {
      var context = Context.background().withCancel();
      context.cancel();
      Thread.currentThread().interrupt();
      assertEquals("done", select(full.onReceive(v -> "v"), context.onDone(() -> "done")));
      assertTrue(Thread.interrupted());
      assertEquals(1, full.len());
    }
  }

  /** What values pass through, in ways that can be given up. */
  private interface Pipe {
    /** Throws if the value was not sent. */
    void send(int value, GiveUp giveUp) throws InterruptedException, TimeoutException;

    /** Throws if nothing was received; null at the end. */
    @Nullable Integer receive(GiveUp giveUp) throws InterruptedException, TimeoutException;

    void close();

    void assertNobodyQueued();
  }

  /** What makes an operation end before it happens. */
  private enum GiveUp {
    INTERRUPT,
    CONTEXT,
    DEADLINE
  }

  private record Plain(Chan<Integer> channel, Harasser harasser) implements Pipe {
    @Override
    public void send(int value, GiveUp giveUp) throws InterruptedException, TimeoutException {
      switch (giveUp) {
        case INTERRUPT -> channel.send(value);
        case CONTEXT -> channel.send(value, harasser.context());
        case DEADLINE -> channel.send(value, soon());
      }
    }

    @Override
    public @Nullable Integer receive(GiveUp giveUp) throws InterruptedException, TimeoutException {
      return switch (giveUp) {
        case INTERRUPT -> channel.receive();
        case CONTEXT -> channel.receive(harasser.context());
        case DEADLINE -> channel.receive(soon());
      };
    }

    @Override
    public void close() {
      channel.close();
    }

    @Override
    public void assertNobodyQueued() {
      TestSupport.assertNobodyQueued(channel);
    }
  }

  /** Sends to one of two channels, and receives from one of them, each of them twice. */
  private record Selecting(Chan<Integer> one, Chan<Integer> two, Harasser harasser)
      implements Pipe {
    @Override
    public void send(int value, GiveUp giveUp) throws InterruptedException, TimeoutException {
      await(Select.of(one.onSend(value), two.onSend(value), one.onSend(value)), giveUp);
    }

    @Override
    public @Nullable Integer receive(GiveUp giveUp) throws InterruptedException, TimeoutException {
      while (true) {
        Object received =
            await(
                Select.of(
                    one.onReceive().when(!one.isDrained()),
                    two.onReceive().when(!two.isDrained()),
                    two.onReceive().when(!two.isDrained()),
                    otherwise(() -> null).when(one.isDrained() && two.isDrained())),
                giveUp);
        if (received != null) {
          return (Integer) received;
        } else if (one.isDrained() && two.isDrained()) {
          return null;
        }
      }
    }

    private @Nullable Object await(Select select, GiveUp giveUp)
        throws InterruptedException, TimeoutException {
      Case<?> chosen =
          switch (giveUp) {
            case INTERRUPT -> select.await();
            case CONTEXT -> select.await(harasser.context());
            case DEADLINE -> select.await(soon());
          };
      return chosen.result();
    }

    @Override
    public void close() {
      one.close();
      two.close();
    }

    @Override
    public void assertNobodyQueued() {
      TestSupport.assertNobodyQueued(one, two);
    }
  }

  /** The mutants: occasionally they throw after the operation has happened. */
  private record Broken(Pipe pipe, boolean losesSends) implements Pipe {
    @Override
    public void send(int value, GiveUp giveUp) throws InterruptedException, TimeoutException {
      pipe.send(value, giveUp);
      if (!losesSends && value % 64 == 0) {
        throw new InterruptedException("too late");
      }
    }

    @Override
    public @Nullable Integer receive(GiveUp giveUp) throws InterruptedException, TimeoutException {
      Integer value = pipe.receive(giveUp);
      if (losesSends && value != null && value % 64 == 0) {
        throw new InterruptedException("too late");
      }
      return value;
    }

    @Override
    public void close() {
      pipe.close();
    }

    @Override
    public void assertNobodyQueued() {
      pipe.assertNobodyQueued();
    }
  }

  private static Duration soon() {
    return Duration.ofNanos(ThreadLocalRandom.current().nextInt(30_000));
  }

  /** Interrupts and cancels others at random while they work. */
  private static final class Harasser {
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicReference<@Nullable CancelContext> last = new AtomicReference<>();
    private final AtomicBoolean stop = new AtomicBoolean();

    /** A context that will soon be done, unless another is asked for first. */
    Context context() {
      CancelContext context = Context.background().withCancel();
      last.set(context);
      return context;
    }

    private void cancelLast() {
      CancelContext context = last.getAndSet(null);
      if (context != null) {
        context.cancel();
      }
    }

    Call start(GiveUp giveUp) {
      return Caller.PLATFORM_THREAD.start(() -> {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        while (!stop.get()) {
          if (giveUp == GiveUp.INTERRUPT) {
            threads.get(random.nextInt(threads.size())).interrupt();
          } else {
            cancelLast();
          }
          for (int pause = random.nextInt(200); pause > 0; pause--) {
            Thread.onSpinWait();
          }
          Go.gosched();
        }
      });
    }
  }

  private static final int SENDERS = 2;
  private static final int RECEIVERS = 2;
  private static final int VALUES = 1_000;

  private record Ledger(AtomicIntegerArray sent, AtomicIntegerArray received) {
    Ledger() {
      this(new AtomicIntegerArray(SENDERS * VALUES), new AtomicIntegerArray(SENDERS * VALUES));
    }

    void check() {
      for (int i = 0; i < SENDERS * VALUES; i++) {
        assertEquals(sent.get(i), received.get(i), "how often value " + i + " was received");
      }
    }
  }

  /**
   * Passes values through the pipe from and to threads whose operations keep being given up, and
   * checks that those values that were sent, and only they, were received, once.
   */
  private static void harass(Caller caller, GiveUp giveUp, Pipe pipe, Harasser harasser) {
    Ledger ledger = new Ledger();
    List<Call> senders = new ArrayList<>();
    List<Call> receivers = new ArrayList<>();
    for (int s = 0; s < SENDERS; s++) {
      int first = s * VALUES;
      senders.add(
          caller.start(() -> {
            for (int i = first; i < first + VALUES; i++) {
              if (happens(i, pipe, giveUp)) {
                ledger.sent.incrementAndGet(i);
              }
            }
          }));
    }
    for (int r = 0; r < RECEIVERS; r++) {
      receivers.add(
          caller.start(() -> {
            for (boolean more = true; more; ) {
              try {
                Integer value = pipe.receive(giveUp);
                more = value != null;
                if (value != null) {
                  ledger.received.incrementAndGet(value);
                }
              } catch (InterruptedException | ContextException | TimeoutException e) {
                more = true;
              }
            }
          }));
    }
    senders.forEach(call -> harasser.threads.add(call.thread()));
    receivers.forEach(call -> harasser.threads.add(call.thread()));
    Call harassment = harasser.start(giveUp);
    try {
      senders.forEach(Call::join);
      pipe.close();
      receivers.forEach(Call::join);
    } finally {
      harasser.stop.set(true);
      harassment.join();
    }
    pipe.assertNobodyQueued();
    ledger.check();
  }

  private static boolean happens(int value, Pipe pipe, GiveUp giveUp) {
    try {
      pipe.send(value, giveUp);
      return true;
    } catch (InterruptedException | ContextException | TimeoutException e) {
      return false;
    }
  }

  @Nested
  final class ExactlyOnceOrNotAtAll {
    @ParameterizedTest
    @EnumSource
    void inPlainSendsAndReceives(Caller caller) {
      for (GiveUp giveUp : GiveUp.values()) {
        for (int capacity : new int[] {0, 1, 3}) {
          Harasser harasser = new Harasser();
          harass(caller, giveUp, new Plain(Chan.buffered(capacity), harasser), harasser);
        }
      }
    }

    @ParameterizedTest
    @EnumSource
    void inSelects(Caller caller) {
      for (GiveUp giveUp : GiveUp.values()) {
        for (int capacity : new int[] {0, 2}) {
          Harasser harasser = new Harasser();
          Pipe pipe = new Selecting(Chan.buffered(capacity), Chan.unbuffered(), harasser);
          harass(caller, giveUp, pipe, harasser);
        }
      }
    }

    @Test
    void aReceiveThatLosesItsValueIsCaught() {
      assertCaught(true);
    }

    @Test
    void aSendThatHappensAndThrowsIsCaught() {
      assertCaught(false);
    }

    private void assertCaught(boolean losesSends) {
      Harasser harasser = new Harasser();
      Pipe mutant = new Broken(new Plain(Chan.buffered(1), harasser), losesSends);
      var e =
          assertThrows(
              AssertionError.class,
              () -> harass(Caller.GOROUTINE, GiveUp.DEADLINE, mutant, harasser));
      assertTrue(e.getMessage().startsWith("how often value "), e::getMessage);
    }
  }

  @Nested
  final class AnInterruptOfOne {
    /** Of many that wait one gives up: the others keep their places. */
    @Test
    void leavesTheOthersInTheirOrder() {
      Chan<Integer> channel = Chan.unbuffered();
      List<Call> calls = new ArrayList<>();
      for (int i = 0; i < 9; i++) {
        int value = i;
        boolean givesUp = i % 3 == 1;
        Call call =
            Caller.GOROUTINE.start(() -> {
              if (givesUp) {
                assertThrows(InterruptedException.class, () -> channel.send(value));
              } else {
                channel.send(value);
              }
            });
        call.awaitBlocked("chan send");
        calls.add(call);
      }
      for (int i = 1; i < 9; i += 3) {
        calls.get(i).thread().interrupt();
        calls.get(i).join();
      }
      for (int i : new int[] {0, 2, 3, 5, 6, 8}) {
        assertEquals(i, channel.tryReceive());
      }
      assertNull(channel.tryReceive());
      calls.forEach(Call::join);
      TestSupport.assertNobodyQueued(channel);
    }
  }
}
