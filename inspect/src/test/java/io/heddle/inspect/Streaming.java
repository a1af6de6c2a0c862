package io.heddle.inspect;

import static io.heddle.Go.go;

import io.heddle.Chan;
import io.heddle.DeadlockException;
import io.heddle.Go;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingStream;

/**
 * Leaks a goroutine, and then ends in a deadlock. It streams its own JFR events, prints the two
 * problems when they arrive, and waits for each of them.
 */
final class Streaming {
  private Streaming() {}

  public static void main(String[] args) throws InterruptedException {
    CountDownLatch leaked = new CountDownLatch(1);
    CountDownLatch deadlocked = new CountDownLatch(1);
    try (RecordingStream stream = new RecordingStream()) {
      stream.onEvent("io.heddle.GoroutineLeak", event -> print(event, leaked));
      stream.onEvent("io.heddle.Deadlock", event -> print(event, deadlocked));
      stream.startAsync();
      Go.run(() -> {
        firstAnswer();
        while (!leaked.await(200, TimeUnit.MILLISECONDS)) {
          System.gc(); // finds what nothing can wake any more
        }
        try {
          Go.run(() -> Chan.unbuffered().receive());
        } catch (DeadlockException e) {
          deadlocked.await(); // the event is streamed while this program still runs
        }
      });
    }
    System.out.println("the program continues");
  }

  private static void print(RecordedEvent event, CountDownLatch arrived) {
    String description = event.getString("description").replaceAll("\\s+", " ");
    System.out.println(event.getEventType().getLabel() + ": " + description);
    arrived.countDown();
  }

  /** Takes the first of two answers. The goroutine that sends the second one leaks. */
  private static String firstAnswer() throws InterruptedException {
    Chan<String> answers = Chan.unbuffered();
    go("mirror", () -> answers.send("an answer"));
    go("mirror", () -> answers.send("an answer"));
    return answers.receive();
  }
}
