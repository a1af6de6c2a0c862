package io.heddle;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static io.heddle.Select.otherwise;
import static io.heddle.Select.select;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a channel does: blocking, order, hand-off, its size, what it refuses. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ChanTest {

  /** What passes over does so before the claim: the other side may go on at once. */
  @Nested
  final class AtTheClaim {
    private final Chan<String> channel = Chan.unbuffered();
    private final List<Object> seen = new ArrayList<>();

    /** Notes down what it was handed, and uses its node again, as soon as it is claimed. */
    private final Waiter waiter =
        new Waiter() {
          @Override
          void seenWaitEnds() {
            seen.add(item);
            item = "the next";
          }

          @Override
          void wake() {
            seen.add("woken");
          }
        };

    private void queue(WaitQueue queue, String item) {
      waiter.prepare(channel, item);
      queue.add(waiter);
      waiter.see(new Waiter.Seen());
    }

    @Test
    void aReceiverHasItsValue() throws Exception {
      queue(channel.receivers, "nothing yet");
      channel.send("value");
      assertEquals(List.of("value", "woken"), seen);
    }

    @Test
    void aReceiverOfATryHasItsValue() {
      queue(channel.receivers, "nothing yet");
      assertTrue(channel.trySend("value"));
      assertEquals(List.of("value", "woken"), seen);
    }

    @Test
    void aSendersValueHasBeenTaken() throws Exception {
      queue(channel.senders, "value");
      assertEquals("value", channel.receive());
      assertEquals(List.of("value", "woken"), seen);
    }

    @Test
    void aSendersValueHasBeenTakenByATry() {
      queue(channel.senders, "value");
      assertEquals("value", channel.tryReceive());
      assertEquals(List.of("value", "woken"), seen);
    }

    @Test
    void aSendersValueHasBeenTakenByASelect() throws Exception {
      queue(channel.senders, "value");
      assertEquals("value", select(channel.onReceive(), Chan.<String>unbuffered().onReceive()));
      assertEquals(List.of("value", "woken"), seen);
    }

    @Test
    void aSendersValueHasComeIntoTheBuffer() throws Exception {
      Chan<String> buffered = Chan.buffered(1);
      buffered.send("first");
      queue(buffered.senders, "value");
      assertEquals("first", buffered.receive());
      assertEquals("value", buffered.receive());
      assertEquals(List.of("value", "woken"), seen);
    }
  }

  @Nested
  final class Blocking {
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 5, 20})
    void aReceiveFromAnEmptyChannelWaitsForASend(int capacity) throws Exception {
      run(() -> {
        Chan<Integer> channel = Chan.buffered(capacity);
        Goroutine<?> receiver = go(() -> assertEquals(7, channel.receive()));
        TestSupport.awaitBlocked(receiver, "chan receive");
        channel.send(7);
        receiver.join();
        TestSupport.assertNobodyQueued(channel);
      });
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 5, 20})
    void aSendToAFullChannelWaitsForAReceive(int capacity) throws Exception {
      run(() -> {
        Chan<Integer> channel = Chan.buffered(capacity);
        for (int i = 0; i < capacity; i++) {
          channel.send(i);
        }
        Goroutine<?> sender = go(() -> channel.send(capacity));
        TestSupport.awaitBlocked(sender, "chan send");
        for (int i = 0; i <= capacity; i++) {
          assertEquals(i, channel.receive());
        }
        sender.join();
        TestSupport.assertNobodyQueued(channel);
      });
    }

    @Test
    void anUnbufferedSendReturnsOnlyWhenItsValueIsTaken() throws Exception {
      run(() -> {
        Chan<Integer> channel = Chan.unbuffered();
        Goroutine<?> first = go(() -> channel.send(1));
        TestSupport.awaitBlocked(first, "chan send");
        Goroutine<?> second = go(() -> channel.send(2));
        TestSupport.awaitBlocked(second, "chan send");
        assertEquals(1, channel.receive());
        first.join();
        assertFalse(second.isDone());
        assertEquals(2, channel.receive());
      });
    }

    @ParameterizedTest
    @EnumSource
    void everyKindOfThreadCanSendAndReceive(TestSupport.Caller caller) {
      Chan<Integer> there = Chan.unbuffered();
      Chan<Integer> back = Chan.buffered(1);
      TestSupport.Call echo =
          caller.start(() -> {
            for (Integer value : there) {
              back.send(value + 1);
            }
          });
      TestSupport.Call client =
          caller.start(() -> {
            for (int i = 0; i < 100; i++) {
              there.send(i);
              assertEquals(i + 1, back.receive());
            }
            there.close();
          });
      client.join();
      echo.join();
      TestSupport.assertNobodyQueued(there, back);
    }

    @Test
    void aValueSurvivesGarbageCollectionsDuringItsSend() throws Exception {
      run(() -> {
        for (int i = 0; i < 3; i++) {
          Chan<String> channel = Chan.unbuffered();
          int round = i;
          Goroutine<?> sender = go(() -> channel.send("round " + round));
          TestSupport.awaitBlocked(sender, "chan send");
          System.gc();
          assertEquals("round " + round, channel.receive());
        }
      });
    }
  }

  @Nested
  final class Order {
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 10, 20})
    void valuesArriveInTheOrderOfTheirSends(int capacity) throws Exception {
      run(() -> {
        Chan<Integer> channel = Chan.buffered(capacity);
        go(() -> {
          for (int i = 0; i < 100; i++) {
            channel.send(i);
          }
          channel.close();
        });
        int expected = 0;
        for (int value : channel) {
          assertEquals(expected++, value);
        }
        assertEquals(100, expected);
      });
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3})
    void waitingSendersAreServedInTheOrderInWhichTheyCame(int capacity) throws Exception {
      run(() -> {
        Chan<Integer> channel = Chan.buffered(capacity);
        for (int i = 0; i < capacity; i++) {
          channel.send(i);
        }
        for (int i = capacity; i < 20; i++) {
          int value = i;
          TestSupport.awaitBlocked(go(() -> channel.send(value)), "chan send");
        }
        for (int i = 0; i < 20; i++) {
          assertEquals(i, channel.receive());
        }
      });
    }

    @Test
    void waitingReceiversAreServedInTheOrderInWhichTheyCame() throws Exception {
      run(() -> {
        Chan<Integer> channel = Chan.unbuffered();
        List<Goroutine<?>> receivers = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
          int expected = i;
          Goroutine<?> receiver = go(() -> assertEquals(expected, channel.receive()));
          TestSupport.awaitBlocked(receiver, "chan receive");
          receivers.add(receiver);
        }
        for (int i = 0; i < 20; i++) {
          channel.send(i);
        }
        for (Goroutine<?> receiver : receivers) {
          receiver.join();
        }
      });
    }

    @Test
    void aReceiverThatWaitsInASelectKeepsItsPlace() throws Exception {
      run(() -> {
        Chan<String> channel = Chan.unbuffered();
        Chan<String> never = Chan.unbuffered();
        Goroutine<?> first =
            go(() -> assertEquals("a", select(never.onReceive(), channel.onReceive())));
        TestSupport.awaitBlocked(first, "select");
        Goroutine<?> second = go(() -> assertEquals("b", channel.receive()));
        TestSupport.awaitBlocked(second, "chan receive");
        channel.send("a");
        channel.send("b");
        first.join();
        second.join();
        TestSupport.assertNobodyQueued(channel, never);
      });
    }

    /** Receivers in a daisy chain: each may print only once its predecessor has. */
    @ParameterizedTest
    @ValueSource(ints = {0, 10})
    void aChainOfReceiversHandsOnInOrder(int capacity) throws Exception {
      run(() -> {
        Chan<Integer> values = Chan.buffered(capacity);
        Chan<Boolean> turn = Chan.buffered(1);
        turn.send(true);
        for (int i = 0; i < 10; i++) {
          int expected = i;
          Chan<Boolean> mine = turn;
          Chan<Boolean> next = Chan.unbuffered();
          go(() -> {
            mine.receive();
            assertEquals(expected, values.receive());
            next.send(true);
          });
          turn = next;
        }
        for (int i = 0; i < 10; i++) {
          values.send(i);
        }
        turn.receive();
      });
    }
  }

  @Nested
  final class ManySendersAndReceivers {
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7, 20})
    void everyValueArrivesOnceForEachSender(int capacity) throws Exception {
      int count = 1_000;
      int peers = 4;
      AtomicIntegerArray seen = new AtomicIntegerArray(count);
      run(() -> {
        Chan<Integer> channel = Chan.buffered(capacity);
        WaitGroup senders = new WaitGroup();
        WaitGroup receivers = new WaitGroup();
        for (int p = 0; p < peers; p++) {
          senders.go(() -> {
            for (int i = 0; i < count; i++) {
              channel.send(i);
            }
          });
          receivers.go(() -> {
            for (int value : channel) {
              seen.incrementAndGet(value);
            }
          });
        }
        senders.await();
        channel.close();
        receivers.await();
        TestSupport.assertNobodyQueued(channel);
      });
      for (int i = 0; i < count; i++) {
        assertEquals(peers, seen.get(i), "arrivals of " + i);
      }
    }

    @Test
    void whatTheSenderDidBeforeIsSeenByWhicheverReceiverGetsTheValue() throws Exception {
      int count = 1_000;
      int[] marks = new int[count];
      run(() -> {
        Chan<Integer> channel = Chan.buffered(2);
        WaitGroup receivers = new WaitGroup();
        for (int r = 0; r < 10; r++) {
          receivers.go(() -> {
            for (int value : channel) {
              assertEquals(1, marks[value], "sent, and not received before");
              marks[value] = 2;
            }
          });
        }
        for (int i = 0; i < count; i++) {
          assertEquals(0, marks[i]);
          marks[i] = 1;
          channel.send(i);
        }
        channel.close();
        receivers.await();
      });
      assertTrue(Arrays.stream(marks).allMatch(mark -> mark == 2));
    }

    @Test
    void oneReceiverDoesTheSameWithManySenders() throws Exception {
      run(() -> {
        Chan<Integer> channel = Chan.buffered(2);
        for (int s = 0; s < 10; s++) {
          int first = s * 100;
          go(() -> {
            for (int i = 0; i < 100; i++) {
              channel.send(first + i);
            }
          });
        }
        boolean[] seen = new boolean[1_000];
        int[] last = {-1, 99, 199, 299, 399, 499, 599, 699, 799, 899};
        for (int i = 0; i < 1_000; i++) {
          int value = channel.receive();
          assertFalse(seen[value], "twice: " + value);
          seen[value] = true;
          assertEquals(last[value / 100] + 1, value, "each sender's order");
          last[value / 100] = value;
        }
        assertNull(channel.tryReceive());
      });
    }
  }

  @Nested
  final class Size {
    @Test
    void lenAndCapTellWhatIsBuffered() throws Exception {
      Chan<Integer> channel = Chan.buffered(10);
      assertEquals(0, channel.len());
      assertEquals(10, channel.cap());
      for (int i = 1; i <= 3; i++) {
        channel.send(i);
        assertEquals(i, channel.len());
      }
      channel.close();
      assertEquals(3, channel.len());
      assertEquals(10, channel.cap());
      channel.receive();
      assertEquals(2, channel.len());
    }

    @Test
    void waitingSendersDoNotCount() throws Exception {
      run(() -> {
        Chan<Integer> channel = Chan.unbuffered();
        TestSupport.awaitBlocked(go(() -> channel.send(1)), "chan send");
        assertEquals(0, channel.len());
        assertEquals(0, channel.cap());
        Chan<Integer> buffered = Chan.buffered(1);
        buffered.send(1);
        TestSupport.awaitBlocked(go(() -> buffered.send(2)), "chan send");
        assertEquals(1, buffered.len());
      });
    }

    @Test
    void bothSidesKnowTheSize() {
      Chan<Integer> channel = Chan.buffered(3);
      assertTrue(channel.trySend(1));
      Sender<Integer> sender = channel;
      Receiver<Integer> receiver = channel;
      assertEquals(List.of(1, 3), List.of(sender.len(), sender.cap()));
      assertEquals(List.of(1, 3), List.of(receiver.len(), receiver.cap()));
    }

    @Test
    void aRingThatWrapsAroundKeepsItsElements() throws Exception {
      Chan<Integer> channel = Chan.buffered(3);
      int in = 0;
      int out = 0;
      for (int round = 0; round < 50; round++) {
        for (int i = 0; i <= round % 3; i++) {
          channel.send(in++);
        }
        while (channel.len() > 0) {
          assertEquals(out++, channel.receive());
        }
      }
      assertEquals(in, out);
    }

    @Test
    void aCapacityOfZeroIsUnbuffered() {
      Chan<Integer> channel = Chan.buffered(0);
      assertEquals(0, channel.cap());
      assertFalse(channel.trySend(1));
    }

    @Test
    void aNegativeCapacityIsRefused() {
      var e = assertThrows(IllegalArgumentException.class, () -> Chan.buffered(-1));
      assertEquals("capacity of a channel: -1 is negative", e.getMessage());
    }

    @Test
    void aBufferThatNoMemoryHoldsIsAnErrorWhereItIsMade() {
      assertThrows(OutOfMemoryError.class, () -> Chan.buffered(Integer.MAX_VALUE));
    }

    @Test
    void theTextShowsTheState() throws Exception {
      Chan<Integer> channel = Chan.buffered(10);
      channel.send(1);
      assertEquals("Chan[1/10]", channel.toString());
      channel.close();
      assertEquals("Chan[1/10, closed]", channel.toString());
      assertEquals("Chan[0/0]", Chan.unbuffered().toString());
      assertEquals("Chan[never]", Chan.never().toString());
    }
  }

  @Nested
  final class Never {
    private final Chan<Integer> never = Chan.never();

    @Test
    void nothingGoesAhead() {
      assertFalse(never.trySend(1));
      assertNull(never.tryReceive());
      assertFalse(never.isDrained());
      assertEquals(0, never.len());
      assertEquals(0, never.cap());
      assertThrows(ChannelClosedException.class, never::close);
    }

    @Test
    void timeoutsAndContextsEndItsWaits() throws Exception {
      Duration moment = Duration.ofMillis(1);
      assertThrows(TimeoutException.class, () -> never.send(1, moment));
      assertThrows(TimeoutException.class, () -> never.receive(moment));
      try (var context = Context.background().withTimeout(moment)) {
        assertThrows(DeadlineExceededException.class, () -> never.send(1, context));
      }
      try (var context = Context.background().withTimeout(moment)) {
        assertThrows(DeadlineExceededException.class, () -> never.receive(context));
      }
      TestSupport.assertNobodyQueued(never);
    }

    @Test
    void aSelectNeverChoosesIt() throws Exception {
      Chan<String> channel = Chan.buffered(1);
      for (int i = 0; i < 100; i++) {
        channel.send("other");
        assertEquals(
            "other",
            select(
                never.onReceive(v -> "received"),
                never.onSend(1, () -> "sent"),
                channel.onReceive()));
      }
    }

    @Test
    void aSelectOfItAloneWaitsForever() throws Exception {
      run(() -> {
        Goroutine<?> selects = go(() -> select(never.onReceive(), never.onSend(1, () -> 2)));
        TestSupport.awaitBlocked(selects.thread());
        selects.cancel();
        selects.join();
        assertInstanceOf(InterruptedException.class, selects.failure());
      });
    }

    @Test
    void aPlainSendAndReceiveWaitForever() throws Exception {
      run(() -> {
        Goroutine<?> sender = go(() -> never.send(1));
        Goroutine<?> receiver = go(() -> never.receive());
        TestSupport.awaitBlocked(sender, "chan send");
        TestSupport.awaitBlocked(receiver, "chan receive");
      });
    }
  }

  @Nested
  final class Elements {
    @Test
    void nullIsRefusedByEverySend() {
      Chan<String> channel = Chan.buffered(1);
      assertThrows(NullPointerException.class, () -> channel.send(null));
      assertThrows(NullPointerException.class, () -> channel.send(null, Context.background()));
      assertThrows(NullPointerException.class, () -> channel.send(null, Duration.ZERO));
      assertThrows(NullPointerException.class, () -> channel.trySend(null));
      assertThrows(NullPointerException.class, () -> Select.select(channel.onSend(null)));
      assertThrows(NullPointerException.class, () -> Select.select(channel.onSend(null, () -> 1)));
      var valueOfNull = channel.onSend("a").value(null);
      assertThrows(NullPointerException.class, () -> Select.select(valueOfNull));
      assertEquals(0, channel.len());
    }

    @Test
    void nullContextsAndFunctionsAreRefused() {
      Chan<String> channel = Chan.buffered(1);
      assertThrows(NullPointerException.class, () -> channel.send("a", (Context) null));
      assertThrows(NullPointerException.class, () -> channel.send("a", (Duration) null));
      assertThrows(NullPointerException.class, () -> channel.receive((Context) null));
      assertThrows(NullPointerException.class, () -> channel.receive((Duration) null));
      assertThrows(NullPointerException.class, () -> channel.onSend("a", null));
      assertThrows(NullPointerException.class, () -> channel.onReceive(null));
      assertEquals(0, channel.len());
    }

    @Test
    void channelsCanBeSentThroughChannels() throws Exception {
      run(() -> {
        Chan<Chan<String>> requests = Chan.unbuffered();
        go(() -> {
          for (Chan<String> reply : requests) {
            reply.send("pong");
          }
        });
        Chan<String> reply = Chan.unbuffered();
        requests.send(reply);
        assertEquals("pong", reply.receive());
      });
    }

    enum Unit {
      UNIT
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void elementsCanCarryNothing(int capacity) throws Exception {
      run(() -> {
        Chan<Unit> channel = Chan.buffered(capacity);
        go(() -> channel.send(Unit.UNIT));
        assertEquals(Unit.UNIT, channel.receive());
      });
    }

    @Test
    void oneChannelTakesElementsOfSeveralTypes() throws Exception {
      Chan<Object> channel = Chan.buffered(1);
      for (Object value : List.of(1, "two", new int[] {3}, List.of(4))) {
        channel.send(value);
        assertEquals(value, channel.receive());
        assertEquals(true, select(channel.onSend(value, () -> true)));
        assertEquals(value, select(channel.onReceive(), Chan.never().onReceive()));
        assertEquals(
            true,
            select(
                channel.onSend(value, () -> true),
                Chan.never().onSend(value, () -> false),
                otherwise(() -> false)));
        assertEquals(value, channel.tryReceive());
      }
    }

    @Test
    void theValueIsTakenWhenSendIsCalled() throws Exception {
      run(() -> {
        Chan<Integer> channel = Chan.unbuffered();
        int[] calls = {0};
        go(() -> channel.send(++calls[0]));
        assertEquals(1, channel.receive());
        assertEquals(1, calls[0]);
      });
    }
  }

  @Nested
  final class Iteration {
    @Test
    void aLoopReceivesUntilTheChannelIsClosed() throws Exception {
      run(() -> {
        Chan<Character> letters = Chan.unbuffered();
        go(() -> {
          for (char c = 'a'; c <= 'z'; c++) {
            letters.send(c);
          }
          letters.close();
        });
        StringBuilder text = new StringBuilder();
        for (char c : letters) {
          text.append(c);
        }
        assertEquals("abcdefghijklmnopqrstuvwxyz", text.toString());
      });
    }

    @Test
    void aLoopThatEndsEarlyLeavesTheRest() throws Exception {
      Chan<Integer> channel = Chan.buffered(5);
      for (int i = 0; i < 5; i++) {
        channel.send(i);
      }
      for (int value : channel) {
        if (value == 2) {
          break;
        }
      }
      assertEquals(3, channel.receive());
    }

    @Test
    void anInterruptEndsALoopAndStaysSet() throws Exception {
      run(() -> {
        Chan<Integer> channel = Chan.unbuffered();
        Goroutine<?> loops =
            go(() -> {
              var e = assertThrows(CancelledException.class, () -> channel.forEach(v -> {}));
              assertInstanceOf(InterruptedException.class, e.getCause());
              assertTrue(Thread.interrupted());
            });
        TestSupport.awaitBlocked(loops, "chan receive");
        loops.thread().interrupt();
        loops.join();
        TestSupport.assertNobodyQueued(channel);
      });
    }
  }

  @Nested
  final class Garbage {
    @Test
    void aChannelThatNobodyUsesIsCollected() throws Exception {
      List<WeakReference<Chan<Integer>>> channels = new ArrayList<>();
      for (int i = 0; i < 1_000; i++) {
        Chan<Integer> channel = Chan.buffered(10);
        channel.send(i);
        channels.add(new WeakReference<>(channel));
      }
      TestSupport.awaitCollected(
          "the channels", () -> channels.stream().allMatch(c -> c.refersTo(null)));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aValueThatWasReceivedIsNotKept(int capacity) throws Exception {
      run(() -> {
        Chan<Object> channel = Chan.buffered(capacity);
        Chan<WeakReference<Object>> sent = Chan.buffered(1);
        Goroutine<?> sender =
            go(() -> {
              Object value = new Object();
              sent.send(new WeakReference<>(value));
              channel.send(value);
            });
        WeakReference<Object> reference = sent.receive();
        assertTrue(channel.receive() != null);
        sender.join();
        TestSupport.awaitCollected("the value", () -> reference.refersTo(null));
      });
    }

    @Test
    void selectsThatWaitInVainLeaveNothingBehind() throws Exception {
      run(() -> {
        Chan<Integer> idle = Chan.unbuffered();
        Chan<Integer> busy = Chan.unbuffered();
        go(() -> {
          for (int i = 0; i < 1_000; i++) {
            busy.send(i);
          }
        });
        for (int i = 0; i < 1_000; i++) {
          assertEquals(i, select(idle.onReceive(), busy.onReceive(), idle.onReceive()));
          assertEquals(0, TestSupport.queuedReceivers(idle));
        }
      });
    }
  }
}
