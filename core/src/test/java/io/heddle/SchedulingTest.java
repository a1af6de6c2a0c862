package io.heddle;

import static io.heddle.Go.go;
import static io.heddle.Go.gosched;
import static io.heddle.Go.run;
import static io.heddle.Go.sleep;
import static io.heddle.Select.otherwise;
import static io.heddle.Select.select;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.heddle.TestSupport.Call;
import io.heddle.TestSupport.Caller;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every runnable goroutine gets to run: polling, yielding, and busy ones hold up no other. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class SchedulingTest {

  /** A poller that yields between its looks gets a message that is sent later. */
  @ParameterizedTest
  @EnumSource
  void aPollerThatYieldsGetsItsMessage(Caller caller) throws Exception {
    Chan<Boolean> channel = Chan.unbuffered();
    AtomicInteger polls = new AtomicInteger();
    Call poller =
        caller.start(() -> {
          while (!select(channel.onReceive(v -> true), otherwise(() -> false))) {
            polls.incrementAndGet();
            gosched();
          }
        });
    TestSupport.await("many polls", () -> polls.get() > 1_000);
    Call sender = Caller.GOROUTINE.start(() -> channel.send(true));
    poller.join();
    sender.join();
  }

  @ParameterizedTest
  @EnumSource
  void yieldsAndSleepsAlternate(Caller caller) {
    caller
        .start(() -> {
          for (int i = 0; i < 10; i++) {
            gosched();
            sleep(Duration.ofMillis(1));
          }
        })
        .join();
  }

  @Test
  void aPlatformThreadBlocksLikeAGoroutine() throws Exception {
    run(() -> {
      Chan<Integer> channel = Chan.unbuffered();
      Call sender =
          Caller.PLATFORM_THREAD.start(() -> {
            for (int i = 0; i < 10; i++) {
              channel.send(i);
            }
          });
      for (int i = 0; i < 10; i++) {
        assertEquals(i, channel.receive());
      }
      sender.join();
    });
  }

  /** Those who hand over to each other keep every worker busy without a pause. */
  @Test
  void aGoroutineThatYieldsGetsItsTurnBesideThoseWhoHandOver() throws Exception {
    run(SchedulingTest::yieldBesideHandOvers);
  }

  @Test
  void inABubbleToo() throws Exception {
    assertNull(new BubbleClock().run(SchedulingTest::yieldBesideHandOvers));
  }

  /** Yields are of both kinds: those that sleep, and those that do not. */
  private static void yieldBesideHandOvers() throws InterruptedException {
    int pairs = 2 * Runtime.getRuntime().availableProcessors();
    Chan<Integer> all = Chan.unbuffered();
    Chan<Integer> ended = Chan.unbuffered();
    AtomicInteger handOvers = new AtomicInteger();
    WaitGroup begun = new WaitGroup();
    WaitGroup group = new WaitGroup();
    for (int i = 0; i < pairs; i++) {
      Chan<Integer> there = Chan.unbuffered();
      Chan<Integer> back = Chan.unbuffered();
      begun.add(2); // one that is started later may never run
      group.go(() -> {
        begun.done();
        for (int ball : there) {
          back.send(ball);
        }
      });
      group.go(() -> {
        begun.done();
        all.receive();
        while (!ended.isDrained()) {
          there.send(0);
          back.receive();
          handOvers.incrementAndGet();
        }
        there.close();
      });
    }
    begun.await();
    all.close();
    for (int i = 0; i < 200; i++) {
      gosched();
    }
    ended.close();
    group.await();
    assertTrue(handOvers.get() > 0);
  }

  /** Four hand a counter round by polling, and yield while it is not their turn. */
  @Test
  void goroutinesThatPollTakeTurns() throws Exception {
    run(() -> takeTurns(100, mine -> TestSupport.await("a turn", mine)));
  }

  /**
   * The same by computing, which needs four processors, or a scheduler that does not leave those
   * who wait behind a computation; while another waits for I/O.
   */
  @Test
  void goroutinesThatOnlyComputeTakeTurns() throws Exception {
    assumeTrue(Schedulers.isOurs(), "the JDK's scheduler leaves those waiting who are queued");
    run(() -> {
      try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        Goroutine<?> accepts = go(() -> assertThrows(SocketException.class, server::accept));
        TestSupport.awaitBlocked(accepts.thread());
        for (int i = 0; i < 3; i++) {
          takeTurns(
              10,
              mine -> {
                while (!mine.getAsBoolean()) {
                  Thread.onSpinWait();
                }
              });
        }
        assertFalse(accepts.isDone());
      }
    });
  }

  private static void takeTurns(int rounds, Consumer<BooleanSupplier> awaitTurn)
      throws InterruptedException {
    AtomicInteger turn = new AtomicInteger();
    WaitGroup group = new WaitGroup();
    for (int g = 0; g < 4; g++) {
      int self = g;
      group.go(() -> {
        for (int i = 0; i < rounds; i++) {
          int mine = i * 4 + self;
          awaitTurn.accept(() -> turn.get() == mine);
          turn.incrementAndGet();
        }
      });
    }
    group.await();
    assertEquals(4 * rounds, turn.get());
  }

  /**
   * Collections go ahead while goroutines start their own successors, and while one spins. The
   * onlooker is a platform thread: virtual threads are not pre-empted, and on two processors these
   * two keep both from it.
   */
  @Test
  void garbageIsCollectedWhileGoroutinesAreBusy() throws Exception {
    AtomicInteger generations = new AtomicInteger();
    Goroutine<?> spinner;
    try (var context = Context.background().withCancel()) {
      respawn(context, generations);
      spinner =
          go(() -> {
            while (!context.isDone()) {
              Thread.onSpinWait();
            }
          });
      for (int i = 0; i < 20; i++) {
        System.gc();
      }
      TestSupport.await("respawning", () -> generations.get() > 100);
    }
    spinner.join();
  }

  private static void respawn(Context context, AtomicInteger generations) {
    generations.incrementAndGet();
    if (!context.isDone()) {
      go(() -> respawn(context, generations));
    }
  }

  @Test
  void theProgramKnowsItsGoroutines() throws Exception {
    run(() -> {
      Program program = Program.current();
      assertEquals(1, program.goroutines().size());
      Chan<Integer> channel = Chan.unbuffered();
      for (int i = 0; i < 10; i++) {
        go(() -> channel.receive());
      }
      TestSupport.await("10 receivers", () -> TestSupport.queuedReceivers(channel) == 10);
      assertEquals(11, program.goroutines().size());
      String dump = program.dump();
      assertEquals(11, dump.lines().filter(line -> line.startsWith("created by ")).count());
      assertTrue(dump.contains("[chan receive]"), dump);
      channel.close();
      TestSupport.await("their end", () -> program.goroutines().size() == 1);
    });
  }
}
