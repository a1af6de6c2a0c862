package io.heddle;

import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What was to happen in an hour and will not is garbage now. */
@Timeout(120)
@Tag("clock")
final class StoppedAlarmTest {
  private static final Duration HOUR = Duration.ofHours(1);
  private static final int MANY = 500;

  private static void awaitCollected(List<? extends WeakReference<?>> gone) {
    TestSupport.awaitCollected(
        "what is not needed", () -> gone.stream().allMatch(reference -> reference.refersTo(null)));
  }

  @Test
  void contextsThatWereCancelledAreGarbage() {
    awaitCollected(cancelled());
  }

  /** In each worker's queue, so that none is small. */
  @Test
  void contextsThatWereCancelledAreGarbageThoughManyOthersArePending() throws Exception {
    List<AfterFunc.Timed> pending = Collections.synchronizedList(new ArrayList<>());
    for (int round = 0; round < 2; round++) { // the second one wakes who has tidied up before
      WaitGroup group = new WaitGroup();
      for (int i = 0; i < 1_000; i++) {
        group.go(() -> {
          for (int n = 0; n < 10; n++) {
            pending.add(Go.afterFunc(HOUR, () -> {}));
          }
        });
      }
      group.await();
      awaitCollected(cancelled());
    }
    pending.forEach(AfterFunc::stop);
  }

  private static List<WeakReference<Context>> cancelled() {
    List<WeakReference<Context>> gone = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      try (CancelContext context = Context.background().withTimeout(HOUR)) {
        gone.add(new WeakReference<>(context));
      }
    }
    return gone;
  }

  @Test
  void tasksThatWereStoppedAreGarbage() {
    awaitCollected(stopped());
  }

  private static List<WeakReference<Task>> stopped() {
    List<WeakReference<Task>> gone = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      int[] captured = {i};
      Task task = () -> captured[0]++;
      gone.add(new WeakReference<>(task));
      Go.afterFunc(HOUR, task).stop();
    }
    return gone;
  }

  @Test
  void goroutinesWhoseTimedWaitsSucceededAreGarbage() throws Exception {
    awaitCollected(received());
  }

  private static List<WeakReference<Goroutine<?>>> received() throws InterruptedException {
    List<WeakReference<Goroutine<?>>> gone = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      Chan<Integer> values = Chan.unbuffered();
      Goroutine<?> receiver = Go.go(() -> values.receive(HOUR));
      values.send(i);
      receiver.join();
      gone.add(new WeakReference<>(receiver));
    }
    return gone;
  }
}
