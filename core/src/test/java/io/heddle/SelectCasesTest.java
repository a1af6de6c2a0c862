package io.heddle;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static io.heddle.Select.select;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Cases that meet each other, that are the same, that are in use, and very many of them. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("slow")
final class SelectCasesTest {
  @Nested
  final class Peers {
    @FunctionalInterface
    interface Way {
      void go(Chan<String> channel) throws InterruptedException;
    }

    private static final Chan<String> IDLE = Chan.unbuffered();

    private static final List<Way> RECEIVES =
        List.of(
            c -> assertEquals("v", c.receive()),
            c -> assertEquals("v", select(c.onReceive())),
            c -> assertEquals("v", select(c.onReceive(), IDLE.onReceive())),
            c -> assertEquals("v", select(IDLE.onReceive(), c.onReceive(), c.onReceive())));

    private static final List<Way> SENDS =
        List.of(
            c -> c.send("v"),
            c -> select(c.onSend("v")),
            c -> select(c.onSend("v"), IDLE.onReceive(v -> null)),
            c -> select(IDLE.onReceive(v -> null), c.onSend("v"), c.onSend("v")));

    @Test
    void everyWayToSendMeetsEveryWayToReceive() throws Exception {
      for (Way send : SENDS) {
        for (Way receive : RECEIVES) {
          run(() -> {
            Chan<String> channel = Chan.unbuffered();
            Goroutine<?> receiver = go(() -> receive.go(channel));
            TestSupport.await("receiver", () -> TestSupport.queuedReceivers(channel) > 0);
            send.go(channel);
            receiver.join();
            Goroutine<?> sender = go(() -> send.go(channel));
            TestSupport.await("sender", () -> TestSupport.queuedSenders(channel) > 0);
            receive.go(channel);
            sender.join();
            TestSupport.assertNobodyQueued(channel, IDLE);
          });
        }
      }
    }
  }

  @Nested
  final class TheSameChannelTwice {
    @Test
    void inSeveralReceivesYieldsEachValueOnce() throws Exception {
      run(() -> {
        Chan<Integer> channel = Chan.unbuffered();
        go(() -> {
          for (int i = 0; i < 1_000; i++) {
            channel.send(i);
          }
          channel.close();
        });
        int expected = 0;
        Integer value;
        while ((value = select(channel.onReceive(), channel.onReceive(), channel.onReceive()))
            != null) {
          assertEquals(expected++, value);
        }
        assertEquals(1_000, expected);
        TestSupport.assertNobodyQueued(channel);
      });
    }

    @Test
    void toSendAndToReceiveDoesNotMeetItself() throws Exception {
      run(() -> {
        Chan<String> channel = Chan.unbuffered();
        var own = Select.of(channel.onReceive(), channel.onSend("own"));
        assertNull(own.tryAwait());
        Goroutine<?> selects = go(() -> own.await());
        TestSupport.awaitBlocked(selects, "select");
        assertEquals("own", channel.receive());
        selects.join();
        TestSupport.assertNobodyQueued(channel);
      });
    }

    @Test
    void aClosedChannelLeavesNoWaiterOfAnyOfItsCases() throws Exception {
      run(() -> {
        for (int round = 0; round < 10; round++) {
          Chan<Integer> channel = Chan.unbuffered();
          List<Goroutine<?>> waiting = new ArrayList<>();
          for (int i = 0; i < 10; i++) {
            waiting.add(
                go(() ->
                    assertNull(
                        select(channel.onReceive(), channel.onReceive(), channel.onReceive()))));
          }
          TestSupport.await("30 cases", () -> TestSupport.queuedReceivers(channel) == 30);
          channel.close();
          for (Goroutine<?> one : waiting) {
            one.join();
          }
          TestSupport.assertNobodyQueued(channel);
        }
      });
    }
  }

  @Nested
  final class Misuse {
    @Test
    void aResultIsGoneOnceAnotherSelectHasChosenAnotherCase() throws Exception {
      run(() -> {
        Chan<String> jobs = Chan.buffered(1);
        Chan<String> quits = Chan.unbuffered();
        Case<String> job = jobs.onReceive();
        Case<String> quit = quits.onReceive();
        jobs.send("job");
        Select.of(job).await();
        assertEquals("job", job.result());
        Goroutine<?> other = go(() -> quits.send("quit"));
        assertSame(quit, Select.of(job, quit).await());
        assertThrows(IllegalStateException.class, job::result);
        assertEquals("quit", quit.result());
        other.join();
      });
    }

    @Test
    void aCaseInTheSelectsOfTwoGoroutinesIsRefusedAndTheFirstGoesOn() throws Exception {
      run(() -> {
        Chan<Integer> shared = Chan.unbuffered();
        Chan<Integer> other = Chan.unbuffered();
        Case<@Nullable Integer> receive = shared.onReceive();
        Goroutine<?> first = go(() -> assertEquals(1, select(receive)));
        TestSupport.awaitBlocked(first, "select");
        for (Select second :
            List.of(
                Select.of(receive),
                Select.of(other.onReceive(), receive),
                Select.of(receive, other.onReceive()))) {
          var e = assertThrows(IllegalStateException.class, second::await);
          assertEquals(
              "a case is in use by another goroutine's select: make one for each", e.getMessage());
          assertEquals(0, TestSupport.queuedReceivers(other));
          assertEquals(1, TestSupport.queuedReceivers(shared));
        }
        shared.send(1);
        first.join();
        TestSupport.assertNobodyQueued(shared, other);
      });
    }
  }

  @Nested
  final class ManyCases {
    private static final int CASES = 1_000;

    private final List<Chan<Integer>> channels = new ArrayList<>();
    private final Case<?>[] cases = new Case<?>[CASES];

    ManyCases() {
      for (int i = 0; i < CASES; i++) {
        channels.add(Chan.unbuffered());
        cases[i] = channels.get(i).onReceive();
      }
    }

    @Test
    void theSameCaseTwiceIsRefusedAmongAnyNumber() {
      for (int many : new int[] {2, 16, 17, CASES}) {
        Case<?>[] some = Arrays.copyOf(cases, many);
        Select.of(some);
        some[many - 1] = some[0];
        var e =
            assertThrows(IllegalArgumentException.class, () -> Select.of(some), many + " cases");
        assertEquals("the same case twice in a select: make two of it", e.getMessage());
      }
    }

    @Test
    void eachOfAThousandIsFound() throws Exception {
      run(() -> {
        Chan<Integer> chosen = Chan.unbuffered();
        go(() -> {
          Select select = Select.of(cases);
          List<Case<?>> list = List.of(cases);
          for (int n = 0; n < CASES / 10; n++) {
            chosen.send(list.indexOf(select.await()));
          }
        });
        for (int i = 0; i < CASES; i += 10) {
          channels.get(i).send(i);
          assertEquals(i, chosen.receive());
        }
        channels.forEach(TestSupport::assertNobodyQueued);
      });
    }

    /** Two selects that name their channels in opposite orders lock them in the same. */
    @Test
    void selectsInOppositeOrdersDoNotDeadlock() throws Exception {
      run(() -> {
        Case<?>[] sends = new Case<?>[CASES];
        for (int i = 0; i < CASES; i++) {
          sends[CASES - 1 - i] = channels.get(i).onSend(i);
        }
        int rounds = 500;
        Goroutine<?> sender =
            go(() -> {
              Select send = Select.of(sends);
              for (int i = 0; i < rounds; i++) {
                send.await();
              }
            });
        Select receive = Select.of(cases);
        List<Case<?>> list = List.of(cases);
        for (int i = 0; i < rounds; i++) {
          Case<?> chosen = receive.await();
          assertEquals(list.indexOf(chosen), chosen.result());
        }
        sender.join();
        channels.forEach(TestSupport::assertNobodyQueued);
      });
    }
  }
}
