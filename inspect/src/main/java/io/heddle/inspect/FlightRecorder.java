package io.heddle.inspect;

import io.heddle.internal.Alerts;
import io.heddle.internal.Inspection;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Records all the time, and writes what it has when something goes wrong: a deadlock, a missed
 * deadline, a stall, a leak; or at the signal that prints a dump. A stall is a worker that has run
 * one goroutine for a second. It writes one file a minute for each of these, so that a program that
 * misses many deadlines does not fill the disk.
 */
final class FlightRecorder implements Alerts.Listener {
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
      if (!Files.isWritable(folder)) {
        throw new FileSystemException(folder.toString(), null, "it is not writable");
      }
      int bytes = bytes(System.getProperty("heddle.trace.bytes"));
      beginTrace(bytes);
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
    } catch (IOException e) {
      complain(directory, "cannot write to this folder: " + reason(e) + "; use another folder");
    } catch (IllegalArgumentException e) {
      complain(directory, String.valueOf(e.getMessage()));
    }
  }

  private static void beginTrace(int bytes) {
    try {
      boolean _ = Inspection.get().beginTrace(bytes); // unless core has begun it already
    } catch (OutOfMemoryError e) { // what else observes the program can begin nevertheless
      throw new IllegalArgumentException(
          "there is no memory for heddle.trace.bytes="
              + bytes
              + "; use a smaller number, or start java with a larger -Xmx",
          e);
    }
  }

  private static void complain(String directory, String problem) {
    Inspection.get().endTrace();
    System.err.println("heddle: heddle.trace=" + directory + " has no effect: " + problem);
  }

  private static int bytes(@Nullable String given) {
    if (given == null) {
      return Inspection.TRACE_BYTES;
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
    if (kind.equals("stuck")) {
      return; // for ten milliseconds, which is common; for a second it is a stall
    }
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
    Map<String, Long> tasks = Map.of();
    Set<String> stalled = Set.of();
    while (true) {
      Alert alert;
      try {
        alert = alerts.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        return;
      }
      if (alert == null) { // a look at the workers, no sooner than LOOK_MILLIS after the last
        Map<String, Long> before = tasks;
        tasks = tasksOfBusyWorkers();
        Set<String> still = new HashSet<>(tasks.keySet());
        Map<String, Long> now = tasks;
        still.removeIf(worker -> !Objects.equals(now.get(worker), before.get(worker)));
        if (!stalled.containsAll(still)) {
          alert = new Alert("stall", null);
        }
        stalled = still;
      }
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

  /** How many tasks each worker has begun that runs one now. */
  private static Map<String, Long> tasksOfBusyWorkers() {
    Map<String, Long> tasks = new HashMap<>();
    for (Inspection.WorkerState worker : Inspection.get().scheduler().workers()) {
      if (worker.state().equals("running")) {
        tasks.put(worker.name(), worker.tasks());
      }
    }
    return tasks;
  }

  private void write(String kind) {
    String name =
        "heddle-trace-%d-%s-%s.json"
            .formatted(
                ProcessHandle.current().pid(),
                LocalDateTime.now(ZoneId.systemDefault()).format(STAMP),
                kind);
    System.err.println("heddle: " + kind + ": " + write(directory.resolve(name)));
  }

  /** Writes the trace, and says where it is, or why it is not there. */
  static String write(Path file) {
    try (Writer out = Files.newBufferedWriter(file)) {
      Trace.take(Long.MIN_VALUE).write(new ChromeFormat(out));
      return "the trace is in " + file;
    } catch (IOException | RuntimeException | OutOfMemoryError e) {
      try {
        Files.deleteIfExists(file); // a part of a trace cannot be read
      } catch (IOException _) {
        // The message says what is wrong already.
      }
      return "cannot write the trace to %s: %s; free some space, or set heddle.trace to another folder"
          .formatted(file, reason(e));
    }
  }

  /** The reason in words. The JDK expresses some reasons only as the class of an exception. */
  private static String reason(Throwable e) {
    return switch (e) {
      case AccessDeniedException _ -> "permission denied";
      case FileAlreadyExistsException _ -> "it is a file";
      case NoSuchFileException _ -> "the folder does not exist";
      case FileSystemException known when known.getReason() != null -> known.getReason();
      default -> String.valueOf(e.getMessage());
    };
  }
}
