import static io.heddle.Go.*;
import static java.time.Duration.ofSeconds;

import io.heddle.*;

// Goroutines are not preempted. On Heddle's scheduler, those queued behind one that computes
// continue
// on another thread after about 10 ms; on the JDK's, they wait until it ends or calls gosched().
void main() throws Exception {
  run(() -> {
    int processors = Runtime.getRuntime().availableProcessors();
    long end = nanoTime() + ofSeconds(2).toNanos(); // A limit in case they are not interrupted
    var computing = new AtomicInteger();
    var heard = new AtomicBoolean();
    Chan<String> result = Chan.buffered(1);

    for (int i = 0; i < processors; i++) {
      go(() -> {
        if (computing.incrementAndGet() == processors) {
          // Every processor is busy: this one queues behind us
          go(() -> {
            boolean waited = computing.get() < processors;
            heard.set(true);
            result.send(waited ? "when one had ended" : "while they computed");
          });
        }
        while (!heard.get() && nanoTime() < end) {
          Thread.onSpinWait();
        }
        computing.decrementAndGet();
      });
    }

    IO.println("Computing on every processor");
    IO.println("The goroutine behind them ran " + result.receive());
  });
}
