package io.heddle;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How much work a select of many cases is, in looks at its cases and their queues. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class SelectStepsTest {
  private static final int MANY = 1_000;

  /**
   * For each case: a look to draw one, a look after a draw that failed, a step to queue it and a
   * step to leave; and a step to remove a node of a select that has been served elsewhere.
   */
  private static final int STEPS_PER_CASE = 6;

  /** Two sides that meet, as at an unbuffered channel, and a count of what selects do with it. */
  private static final class Rendezvous extends Waitable {
    private final LongAdder steps;
    private final WaitQueue left = new WaitQueue();
    private final WaitQueue right = new WaitQueue();

    Rendezvous(LongAdder steps) {
      this.steps = steps;
    }

    Case<Void> onLeft() {
      return new Side(left, right);
    }

    Case<Void> onRight() {
      return new Side(right, left);
    }

    @Override
    void withdrawnLocked(Node node, Wakeups wakeups) {
      steps.increment();
    }

    private final class Side extends Case.Action<Void> {
      private final WaitQueue own;
      private final WaitQueue other;

      Side(WaitQueue own, WaitQueue other) {
        super(Rendezvous.this, () -> null);
        this.own = own;
        this.other = other;
      }

      @Override
      boolean ready() {
        steps.increment();
        return !other.isEmpty();
      }

      @Override
      boolean complete(Wakeups wakeups) {
        for (Node node = other.poll(); node != null; node = other.poll()) {
          steps.increment();
          if (wakeups.claim(node)) {
            return true;
          }
        }
        return false;
      }

      @Override
      boolean enqueue() {
        steps.increment();
        own.add(this);
        return true;
      }
    }
  }

  private static Rendezvous[] places(LongAdder steps) {
    Rendezvous[] places = new Rendezvous[MANY];
    Arrays.setAll(places, i -> new Rendezvous(steps));
    return places;
  }

  private static Select select(Case<?>[] cases, boolean inOrder) {
    return inOrder ? Select.inOrder(cases) : Select.of(cases);
  }

  private static void assertLinear(LongAdder steps, int selects) {
    long most = (long) STEPS_PER_CASE * MANY * selects;
    assertTrue(steps.sum() <= most, () -> steps + " steps of " + selects + " selects, of " + most);
    assertTrue(steps.sum() >= MANY, "nothing was counted");
  }

  /** Every object has a waiter that was served at another and has not run since. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void growsAsItsCasesDoAmongWaitersThatAreServed(boolean inOrder) {
    LongAdder steps = new LongAdder();
    Rendezvous[] places = places(steps);
    Waiter served = new Waiter();
    served.prepare();
    for (Rendezvous place : places) {
      Case<?> left = place.onLeft();
      left.waiter = served;
      left.enqueue();
    }
    assertTrue(served.claim(places[0].onLeft()));
    Case<?>[] cases = Arrays.stream(places).map(Rendezvous::onRight).toArray(Case<?>[]::new);
    assertNull(select(cases, inOrder).tryAwait());
    assertLinear(steps, 1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void growsAsItsCasesDoWhenTwoMeetAtTheSameObjects(boolean inOrder) throws Exception {
    int rounds = 200;
    LongAdder steps = new LongAdder();
    run(() -> {
      Rendezvous[] places = places(steps);
      Case<?>[] left = Arrays.stream(places).map(Rendezvous::onLeft).toArray(Case<?>[]::new);
      Case<?>[] right = Arrays.stream(places).map(Rendezvous::onRight).toArray(Case<?>[]::new);
      Goroutine<?> other =
          go(() -> {
            Select one = select(left, inOrder);
            for (int i = 0; i < rounds; i++) {
              one.await();
            }
          });
      Select one = select(right, inOrder);
      for (int i = 0; i < rounds; i++) {
        one.await();
      }
      other.join();
    });
    assertLinear(steps, 2 * rounds);
  }
}
