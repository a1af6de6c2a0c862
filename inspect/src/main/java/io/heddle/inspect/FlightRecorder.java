package io.heddle.inspect;

import io.heddle.internal.Alerts;
import io.heddle.internal.Inspection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Records all the time, and writes what it has when something goes wrong: a deadlock, a missed
 * deadline, a worker that is stuck, a leak; or at the signal that prints a dump. It writes one file
 * a minute for each of these, so that a program that misses many deadlines does not fill the disk.
 */
final class FlightRecorder implements Alerts.Listener {
  private static final int DEFAULT_BYTES = 4 << 20;
  private static final int LEAST_BYTES = 1 << 14;
  private static final int MOST_BYTES = 1 << 28;
  private static final long PAUSE_NANOS = 60_000_000_000L;
  private static final long LOOK_MILLIS = 1_000;

  /** A program that ends because of a deadlock waits for its record no longer. */
  private static final long MOST_WAIT_SECONDS = 10;

  private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss");

  private final Path directory;
  private final LinkedBlockingQueue<Alert> alerts = new LinkedBlockingQueue<>(16);

  private record Alert(String kind, @Nullable CountDownLatch done) {}

  private FlightRecorder(Path directory) {
    this.directory = directory;
  }

  /** Begins, or reports on standard error why it cannot. */
  static void begin(String directory) {
    try {
      Path folder = Path.of(directory.equals("on") ? "." : directory);
      Files.createDirectories(folder);
      Inspection.get().beginTrace(bytes(System.getProperty("heddle.trace.bytes")));
      FlightRecorder recorder = new FlightRecorder(folder);
      Alerts.listen(recorder);
      Thread thread =
          new Thread(
              Thread.currentThread().getThreadGroup(),
              recorder::write,
              "heddle-flight-recorder",
              0,
              false);
      thread.setDaemon(true);
      thread.start();
    } catch (IOException | IllegalArgumentException e) {
      System.err.println("heddle: heddle.trace=" + directory + " has no effect: " + explain(e));
    }
  }

  private static String explain(Exception e) {
    return e instanceof IOException
        ? "cannot make this directory (" + e + "); choose another"
        : String.valueOf(e.getMessage());
  }

  private static int bytes(@Nullable String given) {
    if (given == null) {
      return DEFAULT_BYTES;
    }
    String use = "use a number of bytes from " + LEAST_BYTES + " to " + MOST_BYTES;
    try {
      int bytes = Integer.parseInt(given);
      if (bytes >= LEAST_BYTES && bytes <= MOST_BYTES) {
        return bytes;
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("heddle.trace.bytes=" + given + ": " + use, e);
    }
    throw new IllegalArgumentException("heddle.trace.bytes=" + given + ": " + use);
  }

  @Override
  public void raised(String kind, String text) {
    CountDownLatch done = kind.equals("deadlock") ? new CountDownLatch(1) : null;
    boolean taken = alerts.offer(new Alert(kind, done)); // if not, others are being written
    if (taken && done != null) {
      try {
        boolean _ = done.await(MOST_WAIT_SECONDS, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void write() {
    Map<String, Long> last = new HashMap<>();
    int stuck = 0;
    while (true) {
      Alert alert;
      try {
        alert = alerts.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        return;
      }
      int now = Inspection.get().scheduler().stuck();
      if (alert == null && now > stuck) {
        alert = new Alert("stall", null);
      }
      stuck = now;
      if (alert != null) {
        Long before = last.get(alert.kind);
        if (before == null || System.nanoTime() - before >= PAUSE_NANOS) {
          last.put(alert.kind, System.nanoTime());
          write(alert.kind);
        }
        if (alert.done != null) {
          alert.done.countDown();
        }
      }
    }
  }

  private void write(String kind) {
    Path file =
        directory.resolve(
            "heddle-trace-%d-%s-%s.json"
                .formatted(
                    ProcessHandle.current().pid(),
                    LocalDateTime.now(ZoneId.systemDefault()).format(STAMP),
                    kind));
    try {
      Files.writeString(file, Trace.take(Long.MIN_VALUE).chrome());
      System.err.println("heddle: " + kind + ": the trace is in " + file);
    } catch (IOException e) {
      System.err.println("heddle: " + kind + ": cannot write the trace to " + file + ": " + e);
    }
  }
}
