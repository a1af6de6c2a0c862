package io.heddle;

import static io.heddle.Fairness.assertFair;
import static io.heddle.Go.after;
import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static io.heddle.Select.select;
import static io.heddle.Select.selectInOrder;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Of the cases that can go ahead each is chosen as often as the others. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class SelectFairnessTest {
  private static final int PICKS = 10_000;

  @Test
  void betweenTwoReadyChannelsAmongFour() throws Exception {
    run(() -> {
      Chan<Integer> one = Chan.buffered(PICKS);
      Chan<Integer> two = Chan.buffered(PICKS);
      for (int i = 0; i < PICKS; i++) {
        one.send(0);
        two.send(1);
      }
      Chan<Integer> idle = Chan.unbuffered();
      Chan<Integer> alsoIdle = Chan.unbuffered();
      int[] counts = new int[2];
      for (int i = 0; i < PICKS; i++) {
        counts[select(idle.onReceive(), one.onReceive(), alsoIdle.onReceive(), two.onReceive())]++;
      }
      assertFair(counts);
    });
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 7, 40})
  void amongAnyNumberOfCases(int n) throws Exception {
    int[] counts = new int[n];
    Case<?>[] cases = new Case<?>[n];
    for (int i = 0; i < n; i++) {
      Chan<Integer> closed = Chan.unbuffered();
      closed.close();
      cases[i] = closed.onReceive();
    }
    Select select = Select.of(cases);
    for (int i = 0; i < PICKS; i++) {
      counts[Arrays.asList(cases).indexOf(select.await())]++;
    }
    assertFair(counts);
  }

  @Test
  void betweenSendingAndReceiving() throws Exception {
    Chan<Integer> channel = Chan.buffered(2 * PICKS);
    for (int i = 0; i < PICKS; i++) {
      channel.send(i);
    }
    int[] counts = new int[2];
    for (int i = 0; i < PICKS; i++) {
      counts[select(channel.onReceive(v -> 0), channel.onSend(i, () -> 1))]++;
    }
    assertFair(counts);
  }

  /** The mutant: the first case always wins. */
  @Test
  void anUnfairChoiceIsCaught() throws Exception {
    Chan<Integer> closed = Chan.unbuffered();
    closed.close();
    int[] counts = new int[2];
    for (int i = 0; i < PICKS; i++) {
      counts[selectInOrder(closed.onReceive(v -> 0), closed.onReceive(v -> 1))]++;
    }
    assertEquals(PICKS, counts[0]);
    assertThrows(AssertionError.class, () -> assertFair(counts));
  }

  /** A timer's case gets its turn beside a channel that is always ready. */
  @Test
  void aTimerIsNotStarvedByAFloodedChannel() throws Exception {
    run(() -> {
      Chan<Integer> flood = Chan.unbuffered();
      for (int i = 0; i < 2; i++) {
        go(() -> {
          while (true) {
            flood.send(1);
          }
        });
      }
      flood.receive();
      Receiver<Instant> timer = after(Duration.ofMillis(20));
      boolean flooded = true;
      while (flooded) {
        flooded = select(flood.onReceive(v -> true), timer.onReceive(t -> false));
      }
    });
  }

  /** The same with a timer for each of those who flood, and file system calls in between. */
  @Test
  void theTimersOfBusyGoroutinesFire() throws Exception {
    run(() -> {
      Chan<Integer> flood = Chan.buffered(1);
      WaitGroup busy = new WaitGroup();
      for (int i = 0; i < 2; i++) {
        busy.go(() -> {
          Receiver<Instant> timer = after(Duration.ofMillis(20));
          boolean more = true;
          while (more) {
            assertTrue(java.nio.file.Files.exists(java.nio.file.Path.of("/")));
            more =
                select(
                    flood.onSend(1, () -> true),
                    flood.onReceive(v -> true),
                    timer.onReceive(t -> false));
          }
        });
      }
      busy.await();
      TestSupport.assertNobodyQueued(flood);
    });
  }
}
