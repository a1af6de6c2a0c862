package io.heddle.cli;

import static io.heddle.Go.go;

import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Mutex;
import io.heddle.Receiver;
import io.heddle.WaitGroup;
import io.heddle.flow.Pipeline;
import java.time.Duration;

/**
 * A program with four defects: it hangs, it leaks, the third stage of its pipeline is slow, and two
 * goroutines hold a lock while they sleep.
 */
final class Trouble {
  private static final Duration SLOW = Duration.ofMillis(20);

  private Trouble() {}

  public static void main(String[] args) throws InterruptedException {
    Go.run(() -> {
      Mutex accounts = new Mutex();
      Mutex journal = new Mutex();
      WaitGroup both = new WaitGroup();
      both.add(2);
      go("transfer", () -> lockBoth(accounts, journal, both));
      go("audit", () -> lockBoth(journal, accounts, both));
      Mutex index = new Mutex();
      go("indexer", () -> update(index));
      go("indexer", () -> update(index));
      go("janitor", () -> Go.sleep(Duration.ofHours(1)));
      Chan<String> jobs = Chan.<String>buffered(100).named("jobs");
      for (int i = 0; i < 40; i++) {
        jobs.send("job " + i);
      }
      for (int i = 0; i < 25; i++) {
        firstAnswer();
      }
      Pipeline.run(
          Context.background().withTimeout(Duration.ofHours(2)),
          pipeline -> {
            Receiver<Integer> pages = pipeline.generate(Trouble::pages);
            Receiver<String> parsed = pipeline.map(pages, 4, page -> "page " + page);
            Receiver<String> resized = pipeline.map(parsed, 2, Trouble::resize);
            pipeline.forEach(resized, 4, _ -> {});
          });
    });
  }

  /** Two goroutines that lock two mutexes in opposite orders wait for each other. */
  private static void lockBoth(Mutex first, Mutex second, WaitGroup both)
      throws InterruptedException {
    first.lock();
    both.done();
    both.await();
    second.lock();
  }

  /** Two goroutines that do this wait for each other's turn most of the time. */
  private static void update(Mutex index) throws InterruptedException {
    while (true) {
      index.lock();
      try {
        Go.sleep(SLOW);
      } finally {
        index.unlock();
      }
    }
  }

  /** Takes the first of two answers. The goroutine that sends the second waits forever. */
  private static String firstAnswer() throws InterruptedException {
    Chan<String> answers = Chan.unbuffered();
    go(() -> answers.send("from one"));
    go(() -> answers.send("from the other"));
    return answers.receive();
  }

  private static void pages(io.heddle.flow.Output<Integer> out) throws InterruptedException {
    for (int page = 0; ; page++) {
      out.send(page);
    }
  }

  private static String resize(String page) throws InterruptedException {
    Go.sleep(SLOW);
    return page;
  }
}
