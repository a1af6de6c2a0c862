package io.heddle;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static io.heddle.Select.select;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Many goroutines, few channels, many operations: nothing is lost, nothing hangs. The counts are a
 * tenth of those of Go's own tests and less, so that two busy processors need seconds.
 */
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("slow")
final class ChanStressTest {

  @ParameterizedTest
  @ValueSource(ints = {0, 10})
  void twoSelectsThatSendAndReceiveOnOneChannelMeetEachOther(int capacity) throws Exception {
    run(() -> {
      Chan<Integer> channel = Chan.buffered(capacity);
      WaitGroup both = new WaitGroup();
      for (int p = 0; p < 2; p++) {
        int self = p;
        int other = 1 - p;
        both.go(() -> {
          for (int i = 0; i < 1_000; i++) {
            int received;
            if (self == 0 || i % 2 == 0) {
              received = select(channel.onSend(self, () -> other), channel.onReceive());
            } else {
              received = select(channel.onReceive(), channel.onSend(self, () -> other));
            }
            if (capacity == 0) {
              assertEquals(other, received, "received its own value");
            }
          }
        });
      }
      both.await();
      TestSupport.assertNobodyQueued(channel);
    });
  }

  /** Plain and selected sends meet plain and selected receives on channels of all sizes. */
  @Test
  void everyKindOfSendMeetsEveryKindOfReceive() throws Exception {
    int n = 10_000;
    run(() -> {
      List<Chan<Integer>> channels =
          List.of(Chan.unbuffered(), Chan.unbuffered(), Chan.buffered(2), Chan.buffered(3));
      WaitGroup all = new WaitGroup();
      for (Chan<Integer> channel : channels) {
        all.go(() -> {
          for (int i = 0; i < n; i++) {
            channel.send(i);
          }
        });
        all.go(() -> {
          int last = -1;
          for (int i = 0; i < n; i++) {
            int value = channel.receive();
            if (value >= 0) {
              assertTrue(value > last, "the plain sender's order");
              last = value;
            }
          }
        });
      }
      all.go(() -> selectEach(channels, n, true));
      all.go(() -> selectEach(channels, n, false));
      all.await();
      channels.forEach(TestSupport::assertNobodyQueued);
      channels.forEach(channel -> assertEquals(0, channel.len()));
    });
  }

  /** Operates n times on each channel, in one select whose cases are disabled one by one. */
  private static void selectEach(List<Chan<Integer>> channels, int n, boolean send)
      throws InterruptedException {
    List<Case<?>> cases = new ArrayList<>();
    for (Chan<Integer> channel : channels) {
      cases.add(send ? channel.onSend(-n) : channel.onReceive());
    }
    Select select = Select.of(cases.toArray(Case<?>[]::new));
    int[] done = new int[cases.size()];
    for (int i = 0; i < n * cases.size(); i++) {
      Case<?> chosen = select.await();
      int index = cases.indexOf(chosen);
      chosen.when(++done[index] < n);
    }
    for (int count : done) {
      assertEquals(n, count);
    }
  }

  @Test
  void manyWorkersOnOneQueueLoseNothing() throws Exception {
    int workers = 23;
    int items = 50_000;
    int[] primes = {2, 3, 5, 7, 11, 13, 17, 19, 23, 29};
    run(() -> {
      Chan<Integer> queue = Chan.buffered(workers * 3);
      Chan<Integer> results = Chan.buffered(workers * 3);
      WaitGroup group = new WaitGroup();
      for (int w = 0; w < workers; w++) {
        int prime = primes[w % primes.length];
        group.go(() -> {
          for (int value : queue) {
            if (value % prime == 0) {
              Go.gosched();
            }
            results.send(value);
          }
        });
      }
      long[] expected = {0};
      go(() -> {
        for (int i = 0; i < items; i++) {
          int value = primes[ThreadLocalRandom.current().nextInt(primes.length)];
          expected[0] += value;
          queue.send(value);
        }
        queue.close();
        group.await();
        results.close();
      });
      int count = 0;
      long sum = 0;
      for (int value : results) {
        count++;
        sum += value;
      }
      assertEquals(items, count);
      assertEquals(expected[0], sum);
      TestSupport.assertNobodyQueued(queue, results);
    });
  }

  /** Requests with a fresh reply channel each, while garbage is collected. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void everyRequestGetsItsOwnReply(boolean selects) throws Exception {
    int clients = 100;
    int requests = 500;
    run(() -> {
      Chan<Boolean> done = Chan.unbuffered();
      WaitGroup group = new WaitGroup();
      for (int c = 0; c < clients; c++) {
        String prefix = "client " + c + ", reply ";
        group.go(() -> {
          for (int i = 0; i < requests; i++) {
            String expected = prefix + i;
            Chan<String> reply = Chan.unbuffered();
            go(() -> {
              if (selects) {
                select(reply.onSend(expected), done.onReceive(v -> null));
              } else {
                reply.send(expected);
              }
            });
            assertEquals(expected, reply.receive());
          }
        });
      }
      Goroutine<?> collector =
          go(() -> {
            while (!done.isDrained()) {
              System.gc();
              Go.gosched(); // a collection stops all others: they need time between two
            }
          });
      group.await();
      done.close();
      collector.join();
      TestSupport.assertNobodyQueued(done);
    });
  }

  /** What the holder of the only place in the buffer writes, the next holder sees. */
  @Test
  void aBufferedChannelIsALock() throws Exception {
    run(() -> {
      Chan<Boolean> lock = Chan.buffered(1);
      int[] counter = {0};
      WaitGroup group = new WaitGroup();
      for (int g = 0; g < 10; g++) {
        group.go(() -> {
          for (int i = 0; i < 1_000; i++) {
            lock.send(true);
            counter[0]++;
            lock.receive();
          }
        });
      }
      group.await();
      assertEquals(10_000, counter[0]);
    });
  }

  /** The mutant: with two places it lets two in at once, and an increment is lost. */
  @Test
  void aLockThatDoesNotLockIsCaught() throws Exception {
    run(() -> {
      Chan<Boolean> lock = Chan.buffered(2);
      AtomicInteger inside = new AtomicInteger();
      int[] counter = {0};
      WaitGroup group = new WaitGroup();
      for (int g = 0; g < 2; g++) {
        group.go(() -> {
          lock.send(true);
          int old = counter[0];
          inside.incrementAndGet();
          TestSupport.await("both to be inside", () -> inside.get() == 2);
          counter[0] = old + 1;
          lock.receive();
        });
      }
      group.await();
      assertEquals(1, counter[0]);
    });
  }
}
