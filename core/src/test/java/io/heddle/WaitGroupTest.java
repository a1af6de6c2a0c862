package io.heddle;

import static io.heddle.SyncTestSupport.ROUNDS;
import static io.heddle.SyncTestSupport.assertClean;
import static io.heddle.SyncTestSupport.awaitQueued;
import static io.heddle.SyncTestSupport.awaitUntil;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.SyncTestSupport.Call;
import io.heddle.SyncTestSupport.Caller;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class WaitGroupTest {
  private final WaitGroup group = new WaitGroup();

  @Nested
  class Waits {
    @Test
    void twoGroupsAreABarrierAndCanBeUsedAgainAndAgain() throws Exception {
      WaitGroup second = new WaitGroup();
      int goroutines = 16;
      for (int round = 0; round < 8; round++) {
        Go.run(() -> {
          group.add(goroutines);
          second.add(goroutines);
          Chan<Boolean> exited = Chan.buffered(goroutines);
          for (int i = 0; i < goroutines; i++) {
            Go.go(() -> {
              group.done();
              second.await();
              exited.send(true);
            });
          }
          group.await();
          for (int i = 0; i < goroutines; i++) {
            assertEquals(0, exited.len(), "released too early");
            second.done();
          }
          for (int i = 0; i < goroutines; i++) {
            exited.receive();
          }
        });
        assertClean(group);
        awaitUntil(() -> SyncTestSupport.valueOf("state", second).equals(0L), second::toString);
      }
    }

    @Test
    void awaitReturnsOnlyAfterEveryDone() throws Exception {
      Go.run(() -> {
        for (int round = 0; round < 1000; round++) {
          WaitGroup two = new WaitGroup();
          int[] plain = new int[2];
          two.add(1);
          Go.go(() -> {
            plain[0] = 1;
            two.done();
          });
          two.add(1);
          Go.go(() -> {
            plain[1] = 1;
            two.done();
          });
          two.await();
          assertEquals(2, plain[0] + plain[1]);
        }
      });
    }

    @ParameterizedTest
    @EnumSource
    void theLastDoneLetsEverybodyGo(Caller caller) throws Exception {
      group.add(2);
      List<Call> calls = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        calls.add(caller.start(group::await));
      }
      awaitQueued(group, 5);
      group.done();
      assertFalse(group.tryAwait());
      awaitQueued(group, 5);
      group.done();
      for (Call call : calls) {
        call.join();
      }
      assertTrue(group.tryAwait());
      assertClean(group);
    }

    @Test
    void goWaitsForItsTaskAlsoWhenThatFails() throws Exception {
      AtomicInteger ran = new AtomicInteger();
      Go.run(() -> {
        for (int i = 0; i < 100; i++) {
          group.go(ran::incrementAndGet);
        }
        group.await();
        assertEquals(100, ran.get());
      });
      var panic =
          assertThrows(
              PanicException.class,
              () ->
                  Go.run(() -> {
                    group.go(() -> {
                      throw new IllegalArgumentException("broken");
                    });
                    group.await();
                    Chan.unbuffered().receive();
                  }));
      assertEquals("broken", panic.getCause().getMessage());
      assertClean(group);
    }

    @Test
    void goUnderAContextIsInterruptedWithIt() throws Exception {
      Go.run(() -> {
        CancelContext context = Context.background().withCancel();
        Goroutine<?> waits = group.go(context, () -> Chan.unbuffered().receive());
        context.cancel();
        group.await();
        waits.join();
        assertInstanceOf(InterruptedException.class, waits.failure());
      });
      assertClean(group);
    }

    @Test
    void anEmptyGroupIsNotWaitedFor() throws Exception {
      group.await();
      group.await(Duration.ZERO);
      Select.select(group.onAwait());
      assertTrue(group.tryAwait());
      group.add(3);
      group.add(-3);
      group.await();
      assertEquals("WaitGroup[0]", group.toString());
      assertClean(group);
    }
  }

  @Nested
  class Misuse {
    @Test
    void aDoneTooManyIsRefusedAndDoesNotCount() {
      var thrown = assertThrows(IllegalStateException.class, group::done);
      assertEquals("negative WaitGroup counter", thrown.getMessage());
      group.add(1);
      assertThrows(IllegalStateException.class, () -> group.add(-2));
      assertEquals("WaitGroup[1]", group.toString());
      group.done();
      assertThrows(IllegalStateException.class, () -> group.add(Integer.MIN_VALUE));
      assertClean(group);
    }

    @Test
    void anAddThatOverflowsIsRefusedAndDoesNotCount() {
      group.add(Integer.MAX_VALUE);
      var thrown = assertThrows(IllegalStateException.class, () -> group.add(1));
      assertEquals("WaitGroup counter above 2147483647", thrown.getMessage());
      assertEquals("WaitGroup[2147483647]", group.toString());
      group.add(-Integer.MAX_VALUE);
      assertClean(group);
    }

    /** A wait that began meanwhile would find a counter that is not above zero, and return. */
    @Test
    void anAddThatIsRefusedIsSeenByNobody() throws Exception {
      group.add(1);
      Call refused =
          Caller.PLATFORM_THREAD.start(() -> {
            for (int i = 0; i < 20_000; i++) {
              assertThrows(IllegalStateException.class, () -> group.add(-2));
            }
          });
      while (!refused.hasEnded()) {
        assertEquals("WaitGroup[1]", group.toString());
      }
      refused.join();
      group.done();
      assertClean(group);
    }

    @Test
    void anAddBeforeAWaitOfTheLastUseHasReturnedIsRefused() {
      group.add(1);
      // A waiter that has been released, but does not come to leave.
      Case<?> slow = group.onAwait();
      slow.waiter = new CallbackWaiter(() -> {});
      group.enter();
      assertTrue(slow.enqueue());
      group.exit();
      group.done();
      var thrown = assertThrows(IllegalStateException.class, () -> group.add(1));
      assertEquals(
          "add to a WaitGroup before a previous await on it has returned", thrown.getMessage());
      assertEquals("WaitGroup[0]", group.toString());
      slow.settle(); // now it has
      group.add(1);
      group.done();
      assertClean(group);
    }

    @Test
    void nullsAreRefused() {
      assertThrows(NullPointerException.class, () -> group.await((Context) null));
      assertThrows(NullPointerException.class, () -> group.await((Duration) null));
      assertThrows(NullPointerException.class, () -> group.onAwait(null));
      assertThrows(NullPointerException.class, () -> group.go(null));
      assertThrows(NullPointerException.class, () -> group.go(null, () -> {}));
      assertClean(group);
    }
  }

  @Nested
  class GivesUp {
    @Test
    void aWaitThatEndsWithoutTheGroupLeavesItAsItWas() throws Exception {
      Go.run(() -> {
        CancelContext context = Context.background().withCancel();
        group.add(1);
        Call interrupted = Caller.GOROUTINE.start(group::await);
        Call cancelled = Caller.GOROUTINE.start(() -> group.await(context));
        awaitQueued(group, 2);
        interrupted.interrupt();
        assertInstanceOf(InterruptedException.class, interrupted.failure());
        context.cancel();
        assertInstanceOf(CancelledException.class, cancelled.failure());
        assertThrows(TimeoutException.class, () -> group.await(Duration.ofMillis(1)));
        assertThrows(CancelledException.class, () -> group.await(context));
        group.done();
        group.add(1); // nobody waits any more, so this is a new use
        group.done();
        assertClean(group);
      });
    }

    /**
     * A done that finds a waiter has to release it after the counter became zero. If the waiter
     * gives up in between, the group may be used again before that release, which must then leave
     * alone those who wait for the next use.
     */
    @Test
    void aDoneThatComesTooLateForItsWaiterReleasesNobodyElses() throws Exception {
      Go.run(() -> {
        group.add(1);
        Goroutine<?> next = Go.go(() -> group.await());
        awaitQueued(group, 1);
        var release = WaitGroup.class.getDeclaredMethod("letGo", Wakeups.class);
        release.setAccessible(true);
        release.invoke(group, new Wakeups());
        assertEquals(1, SyncTestSupport.queued(group), "the counter is not zero");
        group.done();
        next.join();
        assertClean(group);
      });
    }

    @Test
    void theGroupCanBeUsedAgainAfterAWaitWhoseTimeWasOverAtTheLastMoment() throws Exception {
      Go.run(() -> {
        for (int round = 0; round < ROUNDS; round++) {
          group.add(1);
          Goroutine<?> last = Go.go(group::done);
          try {
            group.await(Duration.ofNanos(round % 50 * 1000L));
          } catch (TimeoutException e) {
            awaitUntil(group::tryAwait, group::toString);
          }
          group.add(1);
          assertThrows(TimeoutException.class, () -> group.await(Duration.ofNanos(1000)));
          group.done();
          last.join();
          assertClean(group);
        }
      });
    }
  }
}
