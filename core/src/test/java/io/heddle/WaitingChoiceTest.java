package io.heddle;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static io.heddle.Select.onComplete;
import static io.heddle.Select.select;
import static io.heddle.Select.selectInOrder;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What is chosen by a select that waits when one event makes several of its cases ready, and by one
 * that meets waiters which are served already.
 */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class WaitingChoiceTest {
  private static final int ROUNDS = 900;

  /** As many cases of one object. */
  private static final int CASES = 3;

  /** An object that several cases wait for, and an event that makes all of them ready. */
  abstract static class Meeting {
    /** Called by the goroutine that selects, before each select. */
    void prepare() throws InterruptedException {}

    /** A case of the object, whose result is the number. */
    abstract Case<Integer> onto(int number);

    /** Called by another goroutine while the select waits. */
    abstract void wake() throws Exception;
  }

  @FunctionalInterface
  interface Side {
    @Nullable Integer meet(Chan<Integer> channel) throws Exception;
  }

  /** A select that receives in several cases of a channel, and a party that sends. */
  private static Meeting receiving(Chan<Integer> channel, Side party) {
    return new Meeting() {
      @Override
      Case<Integer> onto(int number) {
        return channel.onReceive(value -> number);
      }

      @Override
      void wake() throws Exception {
        party.meet(channel);
      }
    };
  }

  /** A select that sends in several cases of a channel, each another value. */
  private static Meeting sending(Chan<Integer> channel, Side party) {
    return new Meeting() {
      @Override
      void prepare() {
        for (int i = channel.len(); i < channel.cap(); i++) {
          assertTrue(channel.trySend(-1));
        }
      }

      @Override
      Case<Integer> onto(int number) {
        return channel.onSend(number, () -> number);
      }

      @Override
      void wake() throws Exception {
        party.meet(channel);
      }
    };
  }

  private static Chan<Integer> unbuffered() {
    return Chan.unbuffered();
  }

  /** One object and one party. */
  enum Way {
    SENT_TO {
      @Override
      Meeting start() {
        return receiving(
            unbuffered(),
            c -> {
              c.send(1);
              return 1;
            });
      }
    },
    SENT_TO_BY_A_TRY {
      @Override
      Meeting start() {
        return receiving(
            unbuffered(),
            c -> {
              assertTrue(c.trySend(1));
              return 1;
            });
      }
    },
    SENT_TO_WITH_A_BUFFER {
      @Override
      Meeting start() {
        return receiving(
            Chan.buffered(2),
            c -> {
              c.send(1);
              return 1;
            });
      }
    },
    SENT_TO_BY_A_SELECT {
      @Override
      Meeting start() {
        return receiving(unbuffered(), c -> select(c.onSend(1, () -> 1), unbuffered().onReceive()));
      }
    },
    SENT_TO_BY_A_SELECT_IN_ORDER {
      @Override
      Meeting start() {
        return receiving(
            unbuffered(), c -> selectInOrder(c.onSend(1, () -> 1), c.onSend(2, () -> 2)));
      }
    },
    RECEIVED_FROM {
      @Override
      Meeting start() {
        return sending(unbuffered(), Chan::receive);
      }
    },
    RECEIVED_FROM_BY_A_TRY {
      @Override
      Meeting start() {
        return sending(unbuffered(), Chan::tryReceive);
      }
    },
    RECEIVED_FROM_WITH_A_BUFFER {
      @Override
      Meeting start() {
        return sending(Chan.buffered(1), Chan::receive);
      }
    },
    RECEIVED_FROM_BY_A_SELECT {
      @Override
      Meeting start() {
        return sending(unbuffered(), c -> select(c.onReceive(), unbuffered().onReceive()));
      }
    },
    CLOSED {
      @Override
      Meeting start() {
        return new Meeting() {
          private Chan<Integer> channel = unbuffered();

          @Override
          void prepare() {
            channel = unbuffered();
          }

          @Override
          Case<Integer> onto(int number) {
            return channel.onReceive(none -> number);
          }

          @Override
          void wake() {
            channel.close();
          }
        };
      }
    },
    MUTEX {
      @Override
      Meeting start() {
        return locking(new Mutex());
      }
    },
    WRITE_LOCK {
      @Override
      Meeting start() {
        return locking(new RWMutex());
      }
    },
    READ_LOCK {
      @Override
      Meeting start() {
        return new Meeting() {
          private RWMutex mutex = new RWMutex();

          @Override
          void prepare() throws InterruptedException {
            mutex = new RWMutex();
            mutex.lock();
          }

          @Override
          Case<Integer> onto(int number) {
            return mutex.reading().onLock(() -> number);
          }

          @Override
          void wake() {
            mutex.unlock();
          }
        };
      }
    },
    SEMAPHORE {
      @Override
      Meeting start() {
        return new Meeting() {
          private final Semaphore semaphore = new Semaphore(1);

          @Override
          void prepare() {
            semaphore.tryAcquire(); // the first time: later it has the one that it chose
          }

          @Override
          Case<Integer> onto(int number) {
            return semaphore.onAcquire(() -> number);
          }

          @Override
          void wake() {
            semaphore.release();
          }
        };
      }
    },
    WAIT_GROUP {
      @Override
      Meeting start() {
        return new Meeting() {
          private final WaitGroup group = new WaitGroup();

          @Override
          void prepare() {
            group.add(1);
          }

          @Override
          Case<Integer> onto(int number) {
            return group.onAwait(() -> number);
          }

          @Override
          void wake() {
            group.done();
          }
        };
      }
    },
    CONTEXT {
      @Override
      Meeting start() {
        return new Meeting() {
          private CancelContext context = Context.background().withCancel();

          @Override
          void prepare() {
            context = Context.background().withCancel();
          }

          @Override
          Case<Integer> onto(int number) {
            return context.onDone(() -> number);
          }

          @Override
          void wake() {
            context.cancel();
          }
        };
      }
    },
    JOIN {
      @Override
      Meeting start() {
        return new Meeting() {
          private Chan<Integer> end = unbuffered();
          private @Nullable Goroutine<?> goroutine;

          @Override
          void prepare() {
            end = unbuffered();
            goroutine = go(() -> end.receive());
          }

          @Override
          Case<Integer> onto(int number) {
            return goroutine.onJoin(_ -> number);
          }

          @Override
          void wake() {
            end.close();
          }
        };
      }
    },
    TIMER {
      @Override
      Meeting start() {
        return new Meeting() {
          private final Timer timer = Timer.start(Duration.ZERO);

          @Override
          void prepare() {
            timer.stop();
          }

          @Override
          Case<Integer> onto(int number) {
            return timer.onReceive(time -> number);
          }

          @Override
          void wake() throws InterruptedException {
            timer.reset(Duration.ofSeconds(1));
            Go.sleep(Duration.ofSeconds(2));
          }
        };
      }
    };

    private static Meeting locking(Locker locker) {
      return new Meeting() {
        @Override
        void prepare() {
          locker.tryLock(); // the first time: later it has locked it itself
        }

        @Override
        Case<Integer> onto(int number) {
          return locker.onLock(() -> number);
        }

        @Override
        void wake() {
          locker.unlock();
        }
      };
    }

    abstract Meeting start();
  }

  /** The choices of a select that waits each time. */
  private static int[] picks(Way way, boolean inOrder, int rounds) throws Exception {
    int[] picks = new int[rounds];
    BubbleClock bubble = new BubbleClock();
    assertNull(
        bubble.run(() -> {
          Meeting meeting = way.start();
          Case<Integer> idle = unbuffered().onReceive();
          Goroutine<?> selects =
              go(() -> {
                for (int i = 0; i < rounds; i++) {
                  meeting.prepare();
                  Case<?>[] cases = new Case<?>[CASES + 1];
                  for (int k = 0; k < CASES; k++) {
                    cases[k] = meeting.onto(k);
                  }
                  cases[CASES] = idle;
                  Select select = inOrder ? Select.inOrder(cases) : Select.of(cases);
                  picks[i] = (Integer) select.await().result();
                }
              });
          for (int i = 0; i < rounds; i++) {
            bubble.settle();
            meeting.wake();
          }
          selects.join();
        }));
    return picks;
  }

  @ParameterizedTest
  @EnumSource
  void amongSeveralCasesOfOneObjectEachIsAsProbable(Way way) throws Exception {
    Fairness.assertFair(CASES, picks(way, false, ROUNDS));
  }

  @ParameterizedTest
  @EnumSource
  void inOrderTheFirstOfThemIsTaken(Way way) throws Exception {
    assertEquals(0, Arrays.stream(picks(way, true, 20)).max().orElseThrow());
  }

  /** The same select again and again, in real time, on goroutines or threads. */
  @ParameterizedTest
  @EnumSource
  void aSelectForRepeatedUseIsFairEachTime(TestSupport.Caller caller) throws Exception {
    Chan<Integer> channel = Chan.unbuffered();
    Case<Integer> first = channel.onReceive();
    Case<Integer> second = channel.onReceive();
    Select select = Select.of(first, second);
    int[] picks = new int[ROUNDS];
    TestSupport.Call selects =
        caller.start(() -> {
          for (int i = 0; i < ROUNDS; i++) {
            picks[i] = select.await() == first ? 0 : 1;
          }
        });
    for (int i = 0; i < ROUNDS; i++) {
      TestSupport.await("both cases", () -> TestSupport.queuedReceivers(channel) == 2);
      channel.send(i);
    }
    selects.join();
    Fairness.assertFair(2, picks);
  }

  /** Whether it has to wait for one of them or not. */
  @Test
  void aSelectThatSeveralSendToIsFair() throws Exception {
    run(() -> {
      Chan<Integer> channel = unbuffered();
      for (int sender = 0; sender < 4; sender++) {
        go(() -> {
          for (int i = 0; i < ROUNDS / 4; i++) {
            channel.send(i);
          }
        });
      }
      int[] picks = new int[ROUNDS];
      for (int i = 0; i < ROUNDS; i++) {
        picks[i] = select(channel.onReceive(v -> 0), channel.onReceive(v -> 1));
      }
      Fairness.assertFair(2, picks);
    });
  }

  /** A future calls what waits for it in an order of its own. */
  @Test
  void amongSeveralCasesOfOneFutureEachIsAsProbable() throws Exception {
    run(() -> {
      Chan<CompletableFuture<Integer>> futures = Chan.unbuffered();
      int[] picks = new int[ROUNDS];
      Goroutine<?> selects =
          go(() -> {
            for (int i = 0; i < ROUNDS; i++) {
              CompletableFuture<Integer> future = new CompletableFuture<>();
              futures.send(future);
              picks[i] = select(onComplete(future, (v, e) -> 0), onComplete(future, (v, e) -> 1));
            }
          });
      for (int i = 0; i < ROUNDS; i++) {
        CompletableFuture<Integer> future = futures.receive();
        TestSupport.awaitBlocked(selects, "select");
        future.complete(i);
      }
      selects.join();
      Fairness.assertFair(2, picks);
    });
  }

  /** As in Go: a close serves receivers before senders, so the select does not throw. */
  @Test
  void aSelectThatWaitsToSendAndToReceiveReceivesWhenTheChannelIsClosed() throws Exception {
    assertNull(
        new BubbleClock()
            .run(() -> {
              for (int i = 0; i < 50; i++) {
                Chan<Integer> channel = unbuffered();
                Goroutine<?> selects =
                    go(() ->
                        assertEquals(
                            "null",
                            select(
                                channel.onSend(1, () -> "sent"),
                                channel.onReceive(String::valueOf))));
                BubbleClock.current().settle();
                channel.close();
                selects.join();
              }
            }));
  }

  @Test
  void anInterruptedSelectTakesTheEndOfAnyOfItsContexts() throws Exception {
    CancelContext one = Context.background().withCancel();
    CancelContext other = Context.background().withCancel();
    one.cancel();
    other.cancel();
    int[] picks = new int[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
      Thread.currentThread().interrupt();
      picks[i] = select(one.onDone(() -> 0), other.onDone(() -> 1));
      assertTrue(Thread.interrupted());
    }
    Fairness.assertFair(2, picks);
    for (int i = 0; i < 50; i++) {
      Thread.currentThread().interrupt();
      assertEquals(0, selectInOrder(one.onDone(() -> 0), other.onDone(() -> 1)));
      assertTrue(Thread.interrupted());
    }
  }

  /** Leaves a sender in the queue that has been served at another object and has not run since. */
  private static void leaveServedSender(Chan<Integer> channel) {
    Waiter served = new Waiter();
    SendCase<Integer, @Nullable Void> left = channel.onSend(-1);
    served.prepare();
    left.waiter = served;
    channel.enter();
    assertTrue(left.enqueue());
    channel.exit();
    assertTrue(served.claim(channel.onReceive()));
  }

  @Test
  void aWaiterThatHasBeenServedIsNotChosenAndMakesNoOtherCaseLikelier() throws Exception {
    int n = 6;
    int[] picks = new int[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
      Case<?>[] cases = new Case<?>[n];
      for (int i = 0; i < n; i++) {
        Chan<Integer> channel = i % 2 == 0 ? unbuffered() : Chan.buffered(1);
        if (i % 2 == 0) {
          leaveServedSender(channel);
        } else {
          channel.send(i / 2);
        }
        cases[i] = channel.onReceive();
      }
      picks[round] = (Integer) Select.of(cases).tryAwait().result();
      Select inOrder = Select.inOrder(cases);
      assertEquals(picks[round] == 0 ? 1 : 0, inOrder.tryAwait().result());
    }
    Fairness.assertFair(n / 2, picks);
  }

  // The harness finds choices that are not fair.

  @Test
  void theFirstOrTheLastAlwaysIsCaught() {
    int[] last = new int[ROUNDS];
    assertThrows(AssertionError.class, () -> Fairness.assertFair(CASES, last));
    Arrays.fill(last, CASES - 1);
    assertThrows(AssertionError.class, () -> Fairness.assertFair(CASES, last));
  }

  @Test
  void turnsAreCaught() {
    int[] turns = new int[ROUNDS];
    Arrays.setAll(turns, i -> i % CASES);
    assertThrows(AssertionError.class, () -> Fairness.assertFair(CASES, turns));
    Arrays.setAll(turns, i -> i % 2);
    assertThrows(AssertionError.class, () -> Fairness.assertFair(2, turns));
  }

  /** What comes of drawing a starting point, with one case of four that is not ready. */
  @Test
  void aCaseThatIsTwiceAsProbableIsCaught() {
    java.util.SplittableRandom random = new java.util.SplittableRandom(1);
    int[] picks = new int[ROUNDS];
    Arrays.setAll(picks, i -> Math.min(random.nextInt(4), CASES - 1));
    assertThrows(AssertionError.class, () -> Fairness.assertFair(CASES, picks));
  }
}
