package io.heddle.queue;

import io.heddle.Go;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Defers messages for hours, and some for moments, and says how late those came, in a heap that has
 * no room for all of them. A program of its own for {@link DeferredTest}.
 *
 * <pre>Deferred ADDRESS COUNT [hoard]</pre>
 */
final class Deferred {
  private static final int SOON = 50;
  private static final String BODY = "x".repeat(1000);

  public static void main(String[] arguments) throws Exception {
    Go.run(() -> {
      int count = Integer.parseInt(arguments[1]);
      try (Queue queue = Queues.open(arguments[0], 2)) {
        long start = System.nanoTime();
        for (int i = 0; i < count; i += 500) {
          List<Message> page = new ArrayList<>();
          for (int j = i; j < i + 500; j++) {
            page.add(new Message("check", "m" + j, BODY, Duration.ofHours(1).plusSeconds(j)));
          }
          queue.publish(page);
        }
        IO.println(count + " deferred in " + (System.nanoTime() - start) / 1_000_000 + " ms");
        if (arguments.length > 2) {
          IO.println(queue.list(Filter.ALL, 0, count).size());
        }
        IO.println("latest " + promptness(queue).toMillis() + " ms late");
      }
    });
  }

  /** How late the last comes of those that become due one after the other. */
  private static Duration promptness(Queue queue) throws Exception {
    Map<String, Long> due = new HashMap<>();
    for (int i = 0; i < SOON; i++) {
      Duration delay = Duration.ofMillis(200 + 10 * i);
      due.put("soon" + i, System.nanoTime() + delay.toNanos());
      queue.publish(List.of(new Message("check", "soon" + i, BODY, delay)));
    }
    long latest = 0;
    while (!due.isEmpty()) {
      for (Delivery delivery : queue.claim("check", 8, Duration.ofHours(1))) {
        latest = Math.max(latest, System.nanoTime() - due.remove(delivery.key()));
        queue.settle(delivery, Outcome.done());
      }
    }
    return Duration.ofNanos(latest);
  }
}
