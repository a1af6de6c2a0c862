package io.heddle.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The process of an embedded queue is killed with {@code kill -9} again and again while it
 * publishes messages and works on them. With {@code -Pchaos}, many more of both.
 */
@Timeout(value = 1200, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class SqliteChaosTest {
  private static final int MESSAGES = Integer.getInteger("queue.chaos.messages", 1000);
  private static final int KILLS = Integer.getInteger("queue.chaos.kills", 4);

  @TempDir private Path folder;
  private final Random random = new Random();

  private List<String> run(String kind, int messages, int kills) throws Exception {
    String file = folder.resolve("queue").toString();
    Chaos chaos = new Chaos(file, kind);
    for (int killed = 0; killed <= kills; killed++) {
      int first = chaos.acknowledged.size(); // the next may be in the queue already, or not
      Chaos.Victim victim = chaos.start("" + first, "" + (messages - first));
      victim.awaitReady();
      if (killed < kills && kind.equals("careless")) {
        victim.awaitAhead();
      } else if (killed < kills) {
        Thread.sleep(random.nextInt(50, 800)); // the moment of death is the test's input
      } else {
        while (chaos.acknowledged.size() < messages || !isDone(file)) {
          Thread.sleep(50);
        }
      }
      victim.kill();
    }
    System.out.println("embedded, " + kind + ": " + messages + " messages, " + kills + " kills");
    Set<Integer> wanted = new TreeSet<>(IntStream.range(0, messages).boxed().toList());
    assertEquals(wanted, chaos.acknowledged);
    try (Queue queue = SqliteQueue.open(Path.of(file))) {
      return Chaos.faults(queue, wanted);
    }
  }

  /** Whether all messages are through; looks at the file while a worker has it open. */
  private static boolean isDone(String file) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT count(*) FROM queue_message WHERE stage IN ('"
                    + String.join("', '", ChaosWorker.STAGES)
                    + "')")) {
      return row.getLong(1) == 0;
    }
  }

  @Test
  void nothingIsLostAndNothingHappensTwice() throws Exception {
    assertEquals(List.of(), run("atomic", MESSAGES, KILLS));
  }

  @Test
  void andWorkersThatPublishBeforeTheyAcknowledgeAreFound() throws Exception {
    assertFalse(run("careless", 200, 2).isEmpty());
  }
}
