package io.heddle.evidence.history;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.evidence.history.Item.Kind;
import io.heddle.evidence.history.Operation.Act;
import io.heddle.evidence.history.Operation.Choice;
import io.heddle.evidence.history.Operation.CondWait;
import io.heddle.evidence.history.Operation.Deed;
import io.heddle.evidence.history.Operation.Mode;
import io.heddle.evidence.history.Operation.Verb;
import io.heddle.evidence.history.Operation.Wait;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The checker, on histories made by hand: those that can be, and those that cannot. */
final class CheckerTest {
  private static final int GOOD = -1;
  private static final Duration LIMIT = Duration.ofNanos(1);
  private static final Item UNBUFFERED = new Item(Kind.CHANNEL, 0);
  private static final Item ONE_PLACE = new Item(Kind.CHANNEL, 1);

  private static Wait wait(Mode mode, Choice... cases) {
    return new Wait(mode, LIMIT, false, List.of(cases));
  }

  private static Choice send(int value) {
    return new Choice(Verb.SEND, 0, value);
  }

  private static Choice receive() {
    return new Choice(Verb.RECEIVE, 0, 0);
  }

  private static Call call(
      int thread, Operation operation, long called, long returned, int outcome) {
    Call call = new Call(thread, operation);
    call.called = called;
    call.returned = returned;
    call.outcome = outcome;
    return call;
  }

  private static Call asleep(int thread, Operation operation, long called) {
    return call(thread, operation, called, Call.NEVER, Outcome.NONE);
  }

  private static int check(List<Item> items, Call... calls) {
    return Checker.firstUnexplained(history(items, calls));
  }

  private static int check(Item item, Call... calls) {
    return check(List.of(item), calls);
  }

  private static History history(List<Item> items, Call... calls) {
    List<List<Operation>> threads = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      threads.add(List.of());
    }
    return new History(new Program(items, threads), List.of(calls));
  }

  @Test
  void aRendezvousIsTwoCallsThatOverlap() {
    Wait send = wait(Mode.FOREVER, send(7));
    Wait receive = wait(Mode.FOREVER, receive());
    assertEquals(GOOD, check(UNBUFFERED, call(0, send, 1, 4, 0), call(1, receive, 2, 3, 7)));
    assertEquals(GOOD, check(UNBUFFERED, call(0, send, 2, 3, 0), call(1, receive, 1, 4, 7)));
    assertEquals(1, check(UNBUFFERED, call(0, send, 1, 2, 0), call(1, receive, 3, 4, 7)));
    assertEquals(GOOD, check(ONE_PLACE, call(0, send, 1, 2, 0), call(1, receive, 3, 4, 7)));
  }

  @Test
  void twoWhoOnlyTryDoNotMeet() {
    Wait send = wait(Mode.NOT_AT_ALL, send(7));
    Wait receive = wait(Mode.NOT_AT_ALL, receive());
    assertEquals(3, check(UNBUFFERED, call(0, send, 1, 3, 0), call(1, receive, 2, 4, 7)) + 1);
    assertEquals(
        GOOD,
        check(
            UNBUFFERED,
            call(0, send, 1, 3, Outcome.NOTHING),
            call(1, receive, 2, 4, Outcome.NOTHING)));
  }

  @Test
  void whoWaitedFirstIsServedFirst() {
    Wait receive = wait(Mode.FOREVER, receive());
    Call first = call(0, wait(Mode.FOREVER, send(1)), 1, 10, 0);
    Call second = call(1, wait(Mode.FOREVER, send(2)), 2, 11, 0);
    // Nobody saw who came first: each may have.
    assertEquals(
        GOOD,
        check(UNBUFFERED, first, second, call(2, receive, 3, 4, 2), call(2, receive, 5, 6, 1)));
    // A send that times out at once was in the queue at some time after it was called.
    Call sender = call(0, wait(Mode.FOREVER, send(1)), 1, 20, 0);
    Call taken = call(2, new Act(Deed.LEN, 0, 0), 2, 3, 0);
    assertEquals(GOOD, check(UNBUFFERED, sender, taken, call(2, receive, 5, 6, 1)));
  }

  @Test
  void whatWasGivenUpWasNotSent() {
    Wait send = wait(Mode.BRIEFLY, send(7));
    Wait receive = wait(Mode.FOREVER, receive());
    assertEquals(
        3, check(UNBUFFERED, call(0, send, 1, 2, Outcome.TIMED_OUT), call(1, receive, 3, 4, 7)));
    assertEquals(
        GOOD, check(UNBUFFERED, call(0, send, 1, 2, Outcome.TIMED_OUT), asleep(1, receive, 3)));
  }

  @Test
  void anInterruptIsNeitherLostNorMadeUp() {
    Wait receive = wait(Mode.FOREVER, receive());
    Act interrupt = new Act(Deed.INTERRUPT, 0, 0);
    Act ask = new Act(Deed.ASK_INTERRUPTED, 0, 0);
    Call interrupted = call(0, receive, 1, 4, Outcome.INTERRUPTED);
    assertEquals(
        GOOD, check(UNBUFFERED, interrupted, call(1, interrupt, 2, 3, 0), call(0, ask, 5, 6, 0)));
    assertEquals(
        5, check(UNBUFFERED, interrupted, call(1, interrupt, 2, 3, 0), call(0, ask, 5, 6, 1)));
    assertEquals(1, check(UNBUFFERED, interrupted));
    assertEquals(3, check(UNBUFFERED, call(1, interrupt, 2, 3, 0), call(0, ask, 5, 6, 0)));
  }

  @Test
  void whoCouldGoOnDoesNotSleep() {
    Wait send = wait(Mode.FOREVER, send(7));
    Wait receive = wait(Mode.FOREVER, receive());
    assertEquals(GOOD, check(UNBUFFERED, asleep(0, receive, 1), asleep(1, receive, 2)));
    assertEquals(2, check(UNBUFFERED, asleep(0, receive, 1), asleep(1, send, 2)));
    assertEquals(2, check(ONE_PLACE, asleep(0, send, 1), asleep(1, receive, 2)));
    Item mutex = new Item(Kind.MUTEX, 0);
    Wait lock = wait(Mode.FOREVER, new Choice(Verb.LOCK, 0, 0));
    Call locked = call(0, lock, 1, 2, 0);
    assertEquals(GOOD, check(mutex, locked, asleep(1, lock, 3)));
    assertEquals(
        5, check(mutex, locked, asleep(1, lock, 3), call(0, new Act(Deed.UNLOCK, 0, 0), 4, 5, 0)));
  }

  @Test
  void aSelectLooksAtAllCasesAtOneMoment() {
    // A value moves from one channel to the other, and a select that does not wait misses it.
    List<Item> items = List.of(ONE_PLACE, ONE_PLACE);
    Choice first = new Choice(Verb.RECEIVE, 0, 0);
    Choice second = new Choice(Verb.RECEIVE, 1, 0);
    Call put = call(0, wait(Mode.FOREVER, new Choice(Verb.SEND, 1, 7)), 1, 2, 0);
    Call putOther = call(0, wait(Mode.FOREVER, new Choice(Verb.SEND, 0, 8)), 4, 5, 0);
    Call take = call(0, wait(Mode.FOREVER, second), 6, 7, 7);
    Call look = call(1, wait(Mode.NOT_AT_ALL, first, second), 3, 8, Outcome.NOTHING);
    assertEquals(7, check(items, put, putOther, take, look));
    Call takeFirst = call(0, wait(Mode.FOREVER, second), 4, 5, 7);
    Call putLater = call(0, wait(Mode.FOREVER, new Choice(Verb.SEND, 0, 8)), 6, 7, 0);
    assertEquals(GOOD, check(items, put, takeFirst, putLater, look));
  }

  @Test
  void nobodyOvertakesAtASemaphore() {
    Item semaphore = new Item(Kind.SEMAPHORE, 2);
    Choice one = new Choice(Verb.ACQUIRE, 0, 1);
    Call held = call(0, wait(Mode.FOREVER, one), 1, 2, 0);
    Call big = call(1, wait(Mode.FOREVER, new Choice(Verb.ACQUIRE, 0, 2)), 3, 9, 0);
    Call small = call(2, wait(Mode.NOT_AT_ALL, one), 4, 5, Outcome.NOTHING);
    Call release = call(0, new Act(Deed.RELEASE, 0, 1), 6, 7, 0);
    assertEquals(GOOD, check(semaphore, held, big, small, release));
    assertEquals(3, check(semaphore, held, small, release), "a permit is free, and none waits");
  }

  @Test
  void aReaderDoesNotPassAWriterThatWaits() {
    Item mutex = new Item(Kind.RW_MUTEX, 0);
    Choice read = new Choice(Verb.READ_LOCK, 0, 0);
    Call reader = call(0, wait(Mode.FOREVER, read), 1, 2, 0);
    Call writer = asleep(1, wait(Mode.FOREVER, new Choice(Verb.LOCK, 0, 0)), 3);
    Call refused = call(2, wait(Mode.NOT_AT_ALL, read), 4, 5, Outcome.NOTHING);
    Call admitted = call(2, wait(Mode.NOT_AT_ALL, read), 6, 7, 0);
    assertEquals(GOOD, check(mutex, reader, writer, refused));
    assertEquals(6, check(mutex, reader, writer, refused, admitted));
  }

  @Test
  void aSignalWakesOneWhoWaits() {
    List<Item> items = List.of(new Item(Kind.MUTEX, 0), new Item(Kind.COND, 0));
    Wait lock = wait(Mode.FOREVER, new Choice(Verb.LOCK, 0, 0));
    CondWait await = new CondWait(Mode.FOREVER, LIMIT, 1);
    Act signal = new Act(Deed.SIGNAL, 1, 0);
    Call locked = call(0, lock, 1, 2, 0);
    assertEquals(GOOD, check(items, locked, call(0, await, 3, 6, 0), call(1, signal, 4, 5, 0)));
    assertEquals(3, check(items, locked, call(0, await, 3, 6, 0)));
    assertEquals(3, check(items, locked, call(1, signal, 2, 3, 0), call(0, await, 4, 6, 0)) - 2);
  }

  @Test
  void aCounterExampleIsReadable() {
    Call send = call(0, wait(Mode.FOREVER, send(7)), 1, 2, 0);
    History history = history(List.of(UNBUFFERED), send);
    String text = history.diagram(Checker.firstUnexplained(history));
    assertTrue(text.contains("channel0 of capacity 0"), text);
    assertTrue(text.contains(".- channel0.send(7)"), text);
    assertTrue(text.contains("'- 0"), text);
    assertTrue(text.contains("<-- no order of effects explains this"), text);
  }
}
