package io.heddle;

import static io.heddle.Go.go;
import static io.heddle.Go.gosched;
import static io.heddle.Go.run;
import static io.heddle.Select.otherwise;
import static io.heddle.Select.select;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.TestSupport.Call;
import io.heddle.TestSupport.Caller;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What does not wait, {@code trySend}, {@code tryReceive} and a select with {@code otherwise},
 * gives up only if at some one moment there was nothing to do.
 */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class NonblockingTest {
  private static final int ROUNDS = 10_000;

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 10})
  void anEmptyChannelYieldsNothingAndAFullOneTakesNothing(int capacity) {
    Chan<Integer> channel = Chan.buffered(capacity);
    assertNull(channel.tryReceive());
    for (int i = 0; i < capacity; i++) {
      assertTrue(channel.trySend(i));
      assertEquals(i + 1, channel.len());
    }
    assertFalse(channel.trySend(-1));
    for (int i = 0; i < capacity; i++) {
      assertEquals(i, channel.tryReceive());
    }
    assertNull(channel.tryReceive());
    assertFalse(channel.isDrained());
  }

  @Test
  void trySendHandsOverToAWaitingReceiver() throws Exception {
    run(() -> {
      Chan<String> channel = Chan.unbuffered();
      Chan<String> answer = Chan.buffered(1);
      Goroutine<?> receiver = go(() -> answer.send(channel.receive()));
      TestSupport.awaitBlocked(receiver, "chan receive");
      assertTrue(channel.trySend("here"));
      assertFalse(channel.trySend("nobody is left"));
      assertEquals("here", answer.receive());
    });
  }

  @Test
  void tryReceiveTakesFromAWaitingSender() throws Exception {
    run(() -> {
      Chan<String> channel = Chan.unbuffered();
      Goroutine<?> sender = go(() -> channel.send("here"));
      TestSupport.awaitBlocked(sender, "chan send");
      assertEquals("here", channel.tryReceive());
      assertNull(channel.tryReceive());
      sender.join();
    });
  }

  /**
   * Who is taken out of a queue may turn out to be served elsewhere, by what comes after the look:
   * then it was there all the time.
   */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whoIsJustBeingTakenOutOfTheQueueIsNotOverlooked(boolean sends) throws Exception {
    run(() -> {
      Chan<String> channel = Chan.unbuffered();
      Goroutine<?> waits =
          go(() -> {
            if (sends) {
              assertEquals("value", channel.receive());
            } else {
              channel.send("value");
            }
          });
      TestSupport.awaitBlocked(waits, sends ? "chan receive" : "chan send");
      WaitQueue queue = sends ? channel.receivers : channel.senders;
      channel.enter();
      Node node = queue.poll();
      Call tries =
          Caller.PLATFORM_THREAD.start(() -> {
            if (sends) {
              assertTrue(channel.trySend("value"));
            } else {
              assertEquals("value", channel.tryReceive());
            }
          });
      try {
        TestSupport.awaitBlocked(tries.thread()); // it waits for the lock
      } finally {
        queue.addFirst(node);
        channel.exit();
      }
      tries.join();
      waits.join();
    });
  }

  @Test
  void aSelectThatWaitsIsAWaitingReceiverAndAWaitingSender() throws Exception {
    run(() -> {
      Chan<String> in = Chan.unbuffered();
      Chan<String> out = Chan.unbuffered();
      Goroutine<?> both =
          go(() -> {
            assertEquals("in", select(in.onReceive(), out.onSend("never", () -> "out")));
            assertEquals("out", select(in.onReceive(), out.onSend("yes", () -> "out")));
          });
      TestSupport.awaitBlocked(both, "select");
      assertTrue(in.trySend("in"));
      TestSupport.awaitBlocked(both, "select"); // its second: the first was claimed
      assertEquals("yes", out.tryReceive());
      both.join();
      TestSupport.assertNobodyQueued(in, out);
    });
  }

  /** Peers that poll meet peers that wait, soon, for elements of several types. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void pollingSucceedsOnceThePeerArrives(int capacity) throws Exception {
    for (Object value : List.of(123, 234L, true, "text")) {
      run(() -> {
        Chan<Object> toPoller = Chan.buffered(capacity);
        Chan<Object> fromPoller = Chan.buffered(capacity);
        Goroutine<?> peer =
            go(() -> {
              toPoller.send(value);
              assertEquals(value, fromPoller.receive());
            });
        Object received;
        while ((received = toPoller.tryReceive()) == null) {
          gosched();
        }
        assertEquals(value, received);
        while (!fromPoller.trySend(value)) {
          gosched();
        }
        peer.join();
      });
    }
  }

  /**
   * A channel holds a value, is closed, and only then emptied: at every moment a receive can go
   * ahead.
   */
  @Test
  void aSelectNeverFallsBackOnAChannelThatIsClosedBeforeItIsEmptied() throws Exception {
    run(() -> {
      for (int i = 0; i < ROUNDS; i++) {
        Chan<Integer> channel = Chan.buffered(1);
        channel.send(1);
        Goroutine<?> other =
            go(() ->
                assertFalse(
                    select(channel.onReceive(v -> false), otherwise(() -> true)),
                    "there was nothing to receive"));
        channel.close();
        channel.receive();
        other.join();
      }
    });
  }

  @Test
  void tryReceiveYieldsNothingOfSuchAChannelOnlyOnceItIsDrained() throws Exception {
    run(() -> {
      for (int i = 0; i < ROUNDS; i++) {
        Chan<Integer> channel = Chan.buffered(1);
        channel.send(1);
        Goroutine<?> other =
            go(() -> assertTrue(channel.tryReceive() != null || channel.isDrained()));
        channel.close();
        channel.receive();
        other.join();
      }
    });
  }

  @Test
  void aSelectLooksAtAllItsChannelsAtOneMoment() throws Exception {
    run(() -> assertEquals(0, fallbacks(NonblockingTest::selectEither, 100_000)));
  }

  @Test
  void lookingAtOneChannelAfterTheOtherIsCaught() throws Exception {
    run(() -> assertTrue(fallbacks(NonblockingTest::tryOneAfterTheOther, 100_000) > 0));
  }

  @FunctionalInterface
  private interface Either {
    boolean receive(Chan<Integer> one, Chan<Integer> two) throws InterruptedException;
  }

  private static boolean selectEither(Chan<Integer> one, Chan<Integer> two)
      throws InterruptedException {
    return select(one.onReceive(v -> true), two.onReceive(v -> true), otherwise(() -> false));
  }

  /** The mutant: not one look, but two, with time for something to happen in between. */
  private static boolean tryOneAfterTheOther(Chan<Integer> one, Chan<Integer> two) {
    if (two.tryReceive() != null) {
      return true;
    }
    for (int i = 0; i < 100 && one.len() > 0; i++) {
      gosched();
    }
    return one.tryReceive() != null;
  }

  /**
   * Has one goroutine look at two channels while another sees to it that at every moment one of
   * them is ready: it fills the second before it empties the first. Counts how often the look found
   * none ready; ends with the first.
   */
  private static int fallbacks(Either either, int rounds) throws InterruptedException {
    Chan<Chan<Integer>[]> rendezvous = Chan.unbuffered();
    Chan<Boolean> found = Chan.buffered(1);
    Goroutine<?> looker =
        go(() -> {
          for (Chan<Integer>[] pair : rendezvous) {
            found.send(either.receive(pair[0], pair[1]));
          }
        });
    int fallbacks = 0;
    for (int i = 0; i < rounds && fallbacks == 0; i++) {
      Chan<Integer> one = Chan.buffered(1);
      Chan<Integer> two = Chan.buffered(1);
      one.send(1);
      rendezvous.send(pair(one, two));
      for (int yields = i % 4; yields > 0; yields--) {
        gosched(); // lets the look come at another moment
      }
      two.send(1);
      one.tryReceive();
      if (!found.receive()) {
        fallbacks++;
      }
    }
    rendezvous.close();
    looker.join();
    return fallbacks;
  }

  @SafeVarargs
  @SuppressWarnings("varargs")
  private static <T> T[] pair(T... pair) {
    return pair;
  }

  /**
   * The buffer is full and senders wait: what a receive takes out, a waiting sender replaces at the
   * same moment. So the channel is never empty, and whoever does not wait finds a value, too.
   */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void tryReceiveNeverSeesAChannelEmptyWhileSendersWait(int capacity) throws Exception {
    int senders = 20_000;
    run(() -> {
      for (int round = 0; round < 20; round++) {
        Chan<Integer> channel = Chan.buffered(capacity);
        for (int i = 0; i < capacity; i++) {
          channel.send(1);
        }
        queueSenders(channel, senders);
        Chan<Integer> start = Chan.unbuffered();
        Goroutine<?> waits = go(() -> takeHalf(start, senders, channel::receive));
        Goroutine<?> tries = go(() -> takeHalf(start, senders, channel::tryReceive));
        start.close();
        waits.join();
        tries.join();
        while (channel.len() > 0) {
          channel.receive();
        }
      }
    });
  }

  /** Without their threads, which would only be woken. */
  private static void queueSenders(Chan<Integer> channel, int senders) {
    channel.enter();
    for (int i = 0; i < senders; i++) {
      Waiter sender = new CallbackWaiter(() -> {});
      sender.prepare(channel, 1);
      channel.senders.add(sender);
    }
    channel.exit();
  }

  private static void takeHalf(Receiver<?> start, int senders, Taking taking)
      throws InterruptedException {
    start.receive();
    for (int i = 0; i < senders / 2; i++) {
      assertNotNull(taking.take(), "the channel seemed empty");
    }
  }

  @FunctionalInterface
  private interface Taking {
    @Nullable Integer take() throws InterruptedException;
  }
}
