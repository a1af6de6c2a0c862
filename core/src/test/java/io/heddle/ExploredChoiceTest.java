package io.heddle;

import static io.heddle.Go.go;
import static io.heddle.Select.select;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.internal.Outcome;
import io.heddle.internal.Strategy;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a select chooses while schedules are explored: all chance comes from the strategy. */
@Timeout(60)
final class ExploredChoiceTest {
  private static final int PICKS = 100;

  /** The running goroutine continues for as long as it can. */
  private record Calm(RandomGenerator random) implements Strategy {
    @Override
    public int next(int[] goroutines, int count) {
      return count - 1;
    }

    @Override
    public void gaveWay(int goroutine) {}
  }

  /** Notes which threads draw. */
  private static final class Chance implements RandomGenerator {
    private final RandomGenerator source = new SplittableRandom(1);
    private final List<Thread> askers = new ArrayList<>();

    @Override
    public long nextLong() {
      askers.add(Thread.currentThread());
      return source.nextLong();
    }
  }

  private static Outcome explore(Chance chance, Task main) throws InterruptedException {
    return new ExploringClock(new Calm(chance), 100_000, true).explore(main);
  }

  private static void assertFine(Outcome outcome) {
    assertNull(outcome.failure());
    assertNull(outcome.stuck());
  }

  /** Also where the cases are on objects from outside. */
  @Test
  void repeatsWhatItChoseAmongEndsFromOutside() throws Exception {
    CancelContext one = Context.background().withCancel();
    CancelContext other = Context.background().withCancel();
    one.cancel();
    other.cancel();
    List<List<Integer>> runs = new ArrayList<>();
    for (int run = 0; run < 2; run++) {
      List<Integer> picks = new ArrayList<>();
      assertFine(
          explore(
              new Chance(),
              () -> {
                for (int i = 0; i < PICKS; i++) {
                  picks.add(select(one.onDone(() -> 0), other.onDone(() -> 1)));
                }
              }));
      runs.add(picks);
    }
    assertEquals(runs.getFirst(), runs.getLast());
  }

  @Test
  void repeatsInWhichOrderTheCasesOfOneChannelQueued() throws Exception {
    List<List<Integer>> runs = new ArrayList<>();
    for (int run = 0; run < 2; run++) {
      List<Integer> picks = new ArrayList<>();
      assertFine(
          explore(
              new Chance(),
              () -> {
                Chan<Integer> channel = Chan.unbuffered();
                Goroutine<?> selects =
                    go(() -> {
                      for (int i = 0; i < PICKS; i++) {
                        picks.add(select(channel.onReceive(v -> 0), channel.onReceive(v -> 1)));
                      }
                    });
                for (int i = 0; i < PICKS; i++) {
                  BubbleClock.current().settle();
                  channel.send(i);
                }
                selects.join();
              }));
      runs.add(picks);
    }
    assertEquals(runs.getFirst(), runs.getLast());
    assertTrue(runs.getFirst().contains(0) && runs.getFirst().contains(1));
  }

  /** Or its choices, and what it says in its trace, would depend on when that thread comes. */
  @Test
  void aThreadFromOutsideDrawsNothingAndTakesNoStep() throws Exception {
    Chance chance = new Chance();
    List<Thread> inside = new ArrayList<>();
    List<Integer> picks = new ArrayList<>();
    Outcome outcome =
        explore(
            chance,
            () -> {
              inside.add(Thread.currentThread());
              CancelContext one = Context.background().withCancel();
              CancelContext other = Context.background().withCancel();
              one.cancel();
              other.cancel();
              Thread outsider =
                  Thread.ofPlatform()
                      .start(() -> {
                        try {
                          for (int i = 0; i < PICKS; i++) {
                            picks.add(select(one.onDone(() -> 0), other.onDone(() -> 1)));
                            one.done().receive();
                          }
                        } catch (InterruptedException e) {
                          throw new AssertionError(e);
                        }
                      });
              outsider.join();
              select(one.onDone(), other.onDone());
            });
    assertFine(outcome);
    assertEquals(inside, chance.askers.stream().distinct().toList());
    assertEquals(PICKS, picks.size());
    assertEquals(
        1,
        outcome.trace().stream().filter(line -> line.contains("Select.select")).count(),
        outcome.trace()::toString);
  }
}
