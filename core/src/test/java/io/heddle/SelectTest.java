package io.heddle;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static io.heddle.Select.choose;
import static io.heddle.Select.otherwise;
import static io.heddle.Select.select;
import static io.heddle.Select.selectInOrder;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What select chooses, what it does then, and the three ways to use it. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class SelectTest {
  private static Chan<String> holding(String value) {
    Chan<String> channel = Chan.buffered(1);
    assertTrue(channel.trySend(value));
    return channel;
  }

  private static <T> Chan<T> closed() {
    Chan<T> channel = Chan.unbuffered();
    channel.close();
    return channel;
  }

  @Nested
  final class AsAnExpression {
    @Test
    void yieldsTheResultOfTheCaseThatIsChosen() throws Exception {
      Chan<String> in = holding("in");
      Chan<String> out = Chan.buffered(1);
      assertEquals("got in", select(in.onReceive(v -> "got " + v)));
      assertEquals("sent", select(in.onReceive(), out.onSend("out", () -> "sent")));
      assertEquals("out", out.receive());
      assertEquals("nothing", select(in.onReceive(), otherwise(() -> "nothing")));
    }

    @Test
    void aSendWithoutAResultYieldsNull() throws Exception {
      assertNull(select(Chan.buffered(1).onSend("v")));
    }

    @Test
    void waitsUntilACaseCanGoAhead() throws Exception {
      run(() -> {
        Chan<String> one = Chan.unbuffered();
        Chan<String> two = Chan.unbuffered();
        Goroutine<?> selects =
            go(() -> assertEquals("2", select(one.onReceive(), two.onReceive())));
        TestSupport.awaitBlocked(selects, "select");
        two.send("2");
        selects.join();
        TestSupport.assertNobodyQueued(one, two);
      });
    }

    @Test
    void anExceptionOfTheCasesFunctionComesOutAfterTheOperation() {
      Chan<String> in = holding("in");
      assertThrows(
          UnsupportedOperationException.class,
          () ->
              select(
                  in.onReceive(v -> {
                    throw new UnsupportedOperationException(v);
                  })));
      assertEquals(0, in.len());
    }

    @Test
    void onlyTheChosenCasesFunctionIsCalled() throws Exception {
      Chan<String> in = holding("in");
      Supplier<String> unwanted =
          () -> {
            throw new AssertionError("called");
          };
      assertEquals(
          "in",
          select(
              Chan.<String>unbuffered().onReceive(v -> unwanted.get()),
              Chan.<String>unbuffered().onSend("v", unwanted),
              in.onReceive(),
              otherwise(unwanted)));
    }

    @Test
    void operandsAreEvaluatedOnceAndInOrder() throws Exception {
      List<Integer> order = new ArrayList<>();
      Chan<Integer> channel = Chan.buffered(1);
      choose(
          noting(order, 1, Chan.<Integer>never()).onReceive(),
          noting(order, 2, Chan.<Integer>never()).onSend(noting(order, 3, 0)),
          noting(order, 4, channel).onSend(noting(order, 5, 7)),
          noting(order, 6, Chan.<Integer>never()).onReceive());
      assertEquals(List.of(1, 2, 3, 4, 5, 6), order);
      assertEquals(7, channel.receive());
    }

    @Test
    void anOperandThatFailsKeepsTheLaterOnesFromBeingEvaluated() {
      List<Integer> order = new ArrayList<>();
      Chan<Integer> none = null;
      assertThrows(
          NullPointerException.class,
          () -> select(noting(order, 1, none).onReceive(), noting(order, 2, none).onReceive()));
      assertEquals(List.of(1), order);
    }

    private static <T> T noting(List<Integer> order, int position, T value) {
      order.add(position);
      return value;
    }
  }

  @Nested
  final class InALoop {
    sealed interface Event {}

    record Line(String text) implements Event {}

    record Digit(int value) implements Event {}

    enum Quit implements Event {
      QUIT
    }

    private final Chan<String> lines = Chan.buffered(10);
    private final Chan<Integer> numbers = Chan.buffered(10);
    private final Chan<Quit> quit = Chan.buffered(1);

    @Test
    void aSwitchOverRecordsBreaksContinuesAndReturns() throws Exception {
      for (int i = 0; i < 5; i++) {
        lines.send("line " + i);
        numbers.send(i);
      }
      assertEquals("returned after 5 lines, 2 even numbers > 0", collect());
    }

    private String collect() throws InterruptedException {
      int count = 0;
      int even = 0;
      boolean told = false;
      loop:
      while (true) {
        Event event =
            select(
                lines.onReceive(Line::new),
                numbers.onReceive(Digit::new),
                quit.onReceive(q -> Quit.QUIT));
        switch (event) {
          case Line _ -> count++;
          case Digit(int value) when value == 0 -> {
            continue loop;
          }
          case Digit(int value) -> even += value % 2 == 0 ? 1 : 0;
          case Quit _ -> {
            break loop;
          }
        }
        if (lines.len() == 0 && numbers.len() == 0 && !told) {
          told = true;
          quit.send(Quit.QUIT);
        }
      }
      return "returned after " + count + " lines, " + even + " even numbers > 0";
    }

    @Test
    void theChosenCaseIsAskedForByIdentity() throws Exception {
      run(() -> {
        Chan<Integer> jobs = Chan.unbuffered();
        Chan<Integer> results = Chan.unbuffered();
        try (var context = Context.background().withCancel()) {
          Goroutine<?> worker =
              go(() -> {
                var job = jobs.onReceive();
                var done = context.onDone();
                var either = Select.of(job, done);
                while (either.await() != done) {
                  results.send(job.result() * 2);
                }
              });
          for (int i = 0; i < 100; i++) {
            jobs.send(i);
            assertEquals(2 * i, results.receive());
          }
          context.cancel();
          worker.join();
        }
        TestSupport.assertNobodyQueued(jobs, results);
      });
    }

    @Test
    void aSendCaseTakesItsNextValue() throws Exception {
      Chan<Integer> out = Chan.buffered(3);
      var send = out.onSend(0);
      var select = Select.of(send);
      for (int i = 0; i < 3; i++) {
        send.value(i);
        assertSame(send, select.await());
      }
      for (int i = 0; i < 3; i++) {
        assertEquals(i, out.receive());
      }
    }

    @Test
    void onlyTheChosenCaseHasAResult() throws Exception {
      Chan<String> idle = Chan.unbuffered();
      Chan<String> busy = holding("first");
      var none = idle.onReceive();
      var some = busy.onReceive();
      var select = Select.of(none, some);
      assertThrows(IllegalStateException.class, some::result);
      assertSame(some, select.await());
      assertEquals("first", some.result());
      assertEquals("first", some.result());
      assertThrows(IllegalStateException.class, none::result);
      assertNull(select.tryAwait());
      assertThrows(IllegalStateException.class, some::result);
    }

    @Test
    void tryAwaitDoesNotWait() throws Exception {
      Chan<String> channel = Chan.buffered(1);
      var receive = channel.onReceive();
      var select = Select.of(receive);
      assertNull(select.tryAwait());
      channel.send("v");
      assertSame(receive, select.tryAwait());
      assertEquals("v", receive.result());
      var fallback = otherwise(() -> "otherwise");
      assertSame(fallback, Select.of(receive, fallback).tryAwait());
    }

    /** Each of two channels is taken out of the loop once it has yielded its value. */
    @Test
    void casesAreTurnedOffOneByOne() throws Exception {
      run(() -> {
        Chan<Integer> one = Chan.unbuffered();
        Chan<Integer> two = Chan.unbuffered();
        go(() -> one.send(1));
        go(() -> two.send(2));
        var first = one.onReceive();
        var second = two.onReceive();
        var select = Select.of(first, second);
        int bits = 0;
        while (bits != 3) {
          Case<?> chosen = select.await();
          chosen.when(false);
          bits |= chosen == first ? first.result() : second.result();
        }
        assertNull(select.tryAwait());
        TestSupport.assertNobodyQueued(one, two);
      });
    }
  }

  /** Channels to send to are taken out of a loop, and every value is made, sent or not. */
  @Nested
  final class SendingInALoop {
    private int made;

    private int valueOf(int round) {
      made++;
      return 1 << round;
    }

    private int sendToEach(Chan<Integer> one, Chan<Integer> two) throws InterruptedException {
      boolean toOne = true;
      boolean toTwo = true;
      int sent = 0;
      while (true) {
        int chosen =
            select(
                one.onSend(valueOf(sent), () -> 1).when(toOne),
                two.onSend(valueOf(sent), () -> 2).when(toTwo),
                otherwise(() -> 0));
        switch (chosen) {
          case 0 -> {
            return sent;
          }
          case 1 -> toOne = false;
          default -> toTwo = false;
        }
        sent++;
      }
    }

    @Test
    void eachGetsOneValueAndTheValuesAreMadeInEveryRound() throws Exception {
      Chan<Integer> one = Chan.buffered(1);
      Chan<Integer> two = Chan.buffered(1);
      assertEquals(2, sendToEach(one, two));
      assertEquals(3, one.receive() | two.receive());
      assertEquals(1, sendToEach(one, Chan.never()));
      assertEquals(10, made);
    }
  }

  @Nested
  final class Choice {
    @Test
    void otherwiseIsChosenOnlyIfNothingElseCanGoAhead() throws Exception {
      Chan<String> channel = Chan.buffered(1);
      for (int i = 0; i < 100; i++) {
        assertEquals("none", select(channel.onReceive(), otherwise(() -> "none")));
        assertEquals("sent", select(channel.onSend("v", () -> "sent"), otherwise(() -> "none")));
        assertEquals("none", select(channel.onSend("w", () -> "sent"), otherwise(() -> "none")));
        assertEquals("v", select(otherwise(() -> "none"), channel.onReceive()));
      }
      assertEquals("none", select(otherwise(() -> "none")));
    }

    @Test
    void thereIsAtMostOneOtherwise() {
      var e =
          assertThrows(
              IllegalArgumentException.class, () -> select(otherwise(() -> 1), otherwise(() -> 2)));
      assertEquals("more than one otherwise in a select", e.getMessage());
    }

    @Test
    void aDisabledOtherwiseIsNotChosen() throws Exception {
      Chan<String> idle = Chan.unbuffered();
      var select = Select.of(idle.onReceive(), otherwise(() -> 1).when(false));
      assertNull(select.tryAwait());
      assertThrows(TimeoutException.class, () -> select.await(Duration.ZERO));
      TestSupport.assertNobodyQueued(idle);
    }

    @Test
    void inOrderTakesTheFirstThatCanGoAhead() throws Exception {
      Chan<String> urgent = Chan.buffered(10);
      Chan<String> normal = Chan.buffered(10);
      Chan<String> idle = Chan.buffered(10);
      for (int i = 0; i < 10; i++) {
        urgent.send("urgent");
        normal.send("normal");
      }
      for (int i = 0; i < 20; i++) {
        assertEquals(
            i < 10 ? "urgent" : "normal",
            selectInOrder(urgent.onReceive(), normal.onReceive(), idle.onSend("low", () -> "low")));
      }
      assertEquals(0, idle.len());
      var select = Select.inOrder(urgent.onReceive(), otherwise(() -> 1), normal.onReceive());
      normal.send("normal");
      assertEquals("normal", select.await().result());
    }

    @Test
    void inOrderWaitsLikeAnyOther() throws Exception {
      run(() -> {
        Chan<String> urgent = Chan.unbuffered();
        Chan<String> normal = Chan.unbuffered();
        Goroutine<?> waits =
            go(() -> assertEquals("n", selectInOrder(urgent.onReceive(), normal.onReceive())));
        TestSupport.awaitBlocked(waits, "select");
        normal.send("n");
        waits.join();
        TestSupport.assertNobodyQueued(urgent, normal);
      });
    }

    @Test
    void aSelectWithoutCasesWaitsForever() throws Exception {
      run(() -> {
        Goroutine<?> waits = go(() -> select());
        TestSupport.awaitBlocked(waits, "select (no cases)");
        waits.cancel();
        waits.join();
        assertInstanceOf(InterruptedException.class, waits.failure());
      });
      assertThrows(TimeoutException.class, () -> Select.of().await(Duration.ofMillis(1)));
      assertNull(Select.of().tryAwait());
    }

    @Test
    void aDisabledCaseIsLeftOutUntilItIsEnabledAgain() throws Exception {
      Chan<String> one = holding("1");
      Chan<String> two = Chan.buffered(200);
      var receive = one.onReceive().when(false);
      var send = two.onSend("2");
      var select = Select.of(receive, send);
      for (int i = 0; i < 100; i++) {
        assertSame(send, select.await());
      }
      receive.when(true);
      send.when(false);
      assertSame(receive, select.await());
      assertEquals("1", receive.result());
    }

    /** A case that is alone may be decided without a lock. */
    @Test
    void aDisabledCaseOfAClosedChannelIsLeftOut() throws Exception {
      Chan<String> closed = holding("last");
      closed.close();
      Case<String> receive = closed.onReceive();
      Select select = Select.of(receive);
      assertSame(receive, select.tryAwait());
      assertEquals("last", receive.result());
      assertSame(receive, select.tryAwait());
      assertNull(receive.result());
      assertSame(receive, select.await());
      receive.when(false);
      assertNull(select.tryAwait());
      assertThrows(TimeoutException.class, () -> select.await(Duration.ZERO));
      receive.when(true);
      assertSame(receive, select.tryAwait());
    }

    @Test
    void aDisabledCaseDoesNotQueue() throws Exception {
      run(() -> {
        Chan<Integer> off = Chan.unbuffered();
        Chan<Integer> on = Chan.unbuffered();
        Goroutine<?> waits = go(() -> select(off.onReceive().when(false), on.onReceive()));
        TestSupport.awaitBlocked(waits, "select");
        assertFalse(off.trySend(1));
        assertTrue(on.trySend(1));
        waits.join();
      });
    }

    @Test
    void aNullCaseIsRefused() {
      assertThrows(NullPointerException.class, () -> Select.of((Case<?>) null));
    }
  }

  /** Every select of three cases, each in one of several states, with and without otherwise. */
  @Nested
  final class EveryForm {
    enum State {
      RECEIVE_BUFFERED,
      RECEIVE_EMPTY,
      RECEIVE_CLOSED,
      RECEIVE_NEVER,
      RECEIVE_DISABLED,
      SEND_ROOM,
      SEND_FULL,
      SEND_CLOSED,
      SEND_DISABLED;

      boolean isReady() {
        return switch (this) {
          case RECEIVE_BUFFERED, RECEIVE_CLOSED, SEND_ROOM, SEND_CLOSED -> true;
          case RECEIVE_EMPTY, RECEIVE_NEVER, RECEIVE_DISABLED, SEND_FULL, SEND_DISABLED -> false;
        };
      }

      Chan<String> channel() {
        return switch (this) {
          case RECEIVE_BUFFERED, RECEIVE_DISABLED, SEND_FULL -> holding("held");
          case RECEIVE_EMPTY, SEND_ROOM, SEND_DISABLED -> Chan.buffered(1);
          case RECEIVE_CLOSED, SEND_CLOSED -> closed();
          case RECEIVE_NEVER -> Chan.never();
        };
      }

      Case<String> on(Chan<String> channel) {
        return switch (this) {
          case RECEIVE_BUFFERED, RECEIVE_EMPTY, RECEIVE_CLOSED, RECEIVE_NEVER ->
              channel.onReceive(v -> v == null ? "closed" : v);
          case RECEIVE_DISABLED -> channel.onReceive(v -> "disabled").when(false);
          case SEND_ROOM, SEND_FULL, SEND_CLOSED -> channel.onSend("new", () -> "sent");
          case SEND_DISABLED -> channel.onSend("new", () -> "disabled").when(false);
        };
      }

      String outcome() {
        return switch (this) {
          case RECEIVE_BUFFERED -> "held";
          case RECEIVE_CLOSED -> "closed";
          case SEND_ROOM -> "sent";
          case SEND_CLOSED -> "send on closed channel";
          default -> throw new AssertionError("is not ready: " + this);
        };
      }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void doesOneOperationThatIsPossibleAndNoOther(boolean inOrder) throws Exception {
      for (State a : State.values()) {
        for (State b : State.values()) {
          for (State c : State.values()) {
            check(inOrder, a, b, c);
          }
        }
      }
    }

    private void check(boolean inOrder, State... states) throws Exception {
      List<Chan<String>> channels = new ArrayList<>();
      Case<?>[] cases = new Case<?>[states.length + 1];
      Set<String> possible = new HashSet<>();
      for (int i = 0; i < states.length; i++) {
        Chan<String> channel = states[i].channel();
        channels.add(channel);
        cases[i] = states[i].on(channel);
        if (states[i].isReady() && (possible.isEmpty() || !inOrder)) {
          String what = states[i].outcome();
          possible.add(states[i] == State.SEND_CLOSED ? what : i + " " + what);
        }
      }
      cases[states.length] = otherwise(() -> "otherwise");
      if (possible.isEmpty()) {
        possible.add("3 otherwise");
      }
      String outcome = outcome(inOrder ? Select.inOrder(cases) : Select.of(cases), cases);
      int changed = 0;
      for (int i = 0; i < states.length; i++) {
        if (channels.get(i).len() != states[i].channel().len()) {
          changed++;
          assertTrue(outcome.startsWith(i + " "), "changed: " + i + ", chosen: " + outcome);
        }
      }
      assertTrue(changed <= 1);
      assertTrue(
          possible.contains(outcome), List.of(states) + ": " + outcome + " is not in " + possible);
      channels.forEach(TestSupport::assertNobodyQueued);
    }

    private String outcome(Select select, Case<?>... cases) throws InterruptedException {
      try {
        Case<?> chosen = select.await();
        return List.of(cases).indexOf(chosen) + " " + chosen.result();
      } catch (ChannelClosedException e) {
        return State.SEND_CLOSED.outcome();
      }
    }
  }
}
