package io.heddle;

import static io.heddle.Go.run;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Blocks a million goroutines on one channel, or as many as the first argument says, and prints
 * what that costs. Not a test: run it by hand.
 */
final class MillionGoroutines {
  private MillionGoroutines() {}

  public static void main(String[] arguments) throws Exception {
    int many = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 1_000_000;
    run(() -> {
      print("at the start", 0);
      Chan<String> gate = Chan.unbuffered();
      Chan<String> allArrived = Chan.unbuffered();
      AtomicInteger arrived = new AtomicInteger();
      WaitGroup group = new WaitGroup();
      long started = System.nanoTime();
      for (int i = 0; i < many; i++) {
        group.go(() -> {
          if (arrived.incrementAndGet() == many) {
            allArrived.close();
          }
          gate.receive();
        });
      }
      allArrived.receive();
      print(many + " blocked", System.nanoTime() - started);

      long released = System.nanoTime();
      gate.close();
      group.await();
      print("all ended", System.nanoTime() - released);
    });
  }

  private static void print(String what, long nanos) throws Exception {
    String rss =
        Files.readAllLines(Path.of("/proc/self/status")).stream()
            .filter(line -> line.startsWith("VmRSS") || line.startsWith("VmHWM"))
            .map(line -> line.replaceAll("\\s+", " "))
            .reduce("", (one, other) -> one + "  " + other);
    IO.println(what + " after " + Duration.ofNanos(nanos).toMillis() + " ms " + rss);
  }
}
