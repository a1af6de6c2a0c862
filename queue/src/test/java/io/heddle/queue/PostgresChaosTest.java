package io.heddle.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Four worker processes share a queue, and two of them are killed with {@code kill -9} again and
 * again, until all messages are through. With {@code -Pchaos}, 10,000 messages. {@link
 * SqliteChaosTest} shows that workers at fault are found.
 */
@Timeout(value = 1200, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class PostgresChaosTest {
  private static final int MESSAGES = Integer.getInteger("queue.chaos.shared", 400);

  private final Random random = new Random();

  private List<String> run(int messages) throws Exception {
    String address = PostgresServer.shared().newSchema();
    Chaos chaos = new Chaos(address, "atomic");
    List<Chaos.Victim> workers = new ArrayList<>();
    int kills = 0;
    try (Queue queue = PostgresQueue.open(address, 2)) {
      Set<Integer> wanted = new TreeSet<>(IntStream.range(0, messages).boxed().toList());
      queue.publish(
          wanted.stream()
              .map(i -> new Message(ChaosWorker.STAGES.getFirst(), "m" + i, "{}"))
              .toList());
      for (int i = 0; i < 4; i++) {
        workers.add(chaos.start());
      }
      while (!isDone(queue)) {
        int i = kills % 2;
        workers.get(i).awaitReady();
        Thread.sleep(random.nextInt(50, 800)); // the moment of death is the test's input
        workers.get(i).kill();
        workers.set(i, chaos.start());
        kills++;
      }
      System.out.println("shared, atomic: " + messages + " messages, " + kills + " kills");
      return Chaos.faults(queue, wanted);
    } finally {
      for (Chaos.Victim worker : workers) {
        worker.kill();
      }
    }
  }

  private static boolean isDone(Queue queue) throws Exception {
    return queue.stats().stream().noneMatch(one -> ChaosWorker.STAGES.contains(one.stage()));
  }

  @Test
  void nothingIsLostAndNothingHappensTwice() throws Exception {
    assertEquals(List.of(), run(MESSAGES));
  }
}
