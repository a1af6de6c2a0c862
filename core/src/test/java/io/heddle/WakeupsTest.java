package io.heddle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who is woken by whoever lets several go. */
final class WakeupsTest {
  @Test
  void aBroadcastPassesByWhoeverIsQueuedStillAndHasBeenServedElsewhere() {
    Chan<String> channel = Chan.unbuffered();
    List<Integer> woken = new ArrayList<>();
    List<Waiter> waiters = new ArrayList<>();
    WaitQueue queue = new WaitQueue();
    for (int i = 0; i < 4; i++) {
      int number = i;
      Waiter waiter = new CallbackWaiter(() -> woken.add(number));
      waiter.prepare(channel, null);
      queue.add(waiter);
      waiters.add(waiter);
    }
    for (int served : List.of(0, 2)) {
      assertTrue(waiters.get(served).claim(waiters.get(served)));
    }
    Wakeups wakeups = new Wakeups();
    wakeups.claimAll(queue, null);
    assertEquals(List.of(), woken, "the lock is held yet");
    wakeups.wake();
    assertEquals(List.of(1, 3), woken);
    wakeups.wake();
    assertEquals(List.of(1, 3), woken, "each once");
    assertTrue(queue.isEmpty());
  }

  @Test
  void oneThatCannotBeWokenDoesNotKeepTheOthersAsleep() {
    List<Integer> woken = new ArrayList<>();
    OutOfMemoryError full = new OutOfMemoryError("on purpose");
    List<Waiter> waiters = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      int number = i;
      waiters.add(
          new CallbackWaiter(() -> {
            if (number == 1) {
              throw full;
            }
            woken.add(number);
          }));
    }
    assertSame(full, assertThrows(OutOfMemoryError.class, () -> Waiter.wakeAll(waiters)));
    assertEquals(List.of(0, 2), woken);
  }
}
