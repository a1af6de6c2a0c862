package io.heddle.orders.notify;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.heddle.Go;
import io.heddle.orders.files.CertificateFolder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Runs a command of this machine for each notification. The command gets the text on its standard
 * input, and no secrets of the service in its environment. Exit status 0 accepts the notification.
 *
 * <p>A command that takes too long, writes too much, or whose worker stops or has lost the lease,
 * is ended early with its children, and runs again later. So it must be possible to run it again.
 */
public final class CommandHook implements Receiver {
  /** The stage of notifications for a command. */
  public static final String STAGE = "command";

  private static final Duration TIMEOUT = Duration.ofMinutes(1);

  /** The time between SIGTERM and SIGKILL. */
  private static final Duration GRACE = Duration.ofSeconds(2);

  /** How much a command may write, in bytes. */
  private static final long MOST = 1 << 20;

  /** How often the size of the output is checked. */
  private static final Duration LOOK = Duration.ofMillis(100);

  /** The encoding of environment variables. */
  private static final String SYSTEM = System.getProperty("sun.jnu.encoding", "UTF-8");

  /** The variables of the service's own environment that a command sees. */
  private static final List<String> PASSED =
      List.of("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ");

  private final Path command;
  private final CertificateFolder certificates;
  private final Duration timeout;

  /**
   * Makes a receiver.
   *
   * @param command an executable file, which gets no arguments
   * @param certificates where the certificates and their keys are
   */
  public CommandHook(Path command, CertificateFolder certificates) {
    this(command, certificates, TIMEOUT);
  }

  CommandHook(Path command, CertificateFolder certificates, Duration timeout) {
    this.command = command;
    this.certificates = certificates;
    this.timeout = timeout;
  }

  @Override
  public String stage() {
    return STAGE;
  }

  @Override
  public String place() {
    return command.toString();
  }

  @Override
  public void deliver(Notification notification) throws IOException, InterruptedException {
    // Files, not pipes: a command that does not read, or leaves a process behind, does not block
    // the worker.
    Path input = Files.createTempFile("heddle-orders", ".in");
    try {
      Files.writeString(input, notification.text());
      Path output = Files.createTempFile("heddle-orders", ".out");
      try {
        run(notification, input, output);
      } finally {
        Files.deleteIfExists(output);
      }
    } finally {
      Files.deleteIfExists(input);
    }
  }

  private void run(Notification notification, Path input, Path output)
      throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(command.toAbsolutePath().toString())
            .redirectInput(input.toFile())
            .redirectOutput(output.toFile())
            .redirectErrorStream(true);
    Map<String, String> environment = builder.environment();
    environment.keySet().retainAll(PASSED);
    environment.put("HEDDLE_EVENT", notification.type());
    environment.put("HEDDLE_EVENT_ID", notification.id());
    environment.put("HEDDLE_ORDER", notification.order());
    if (isEncodable(notification.customer(), SYSTEM)) {
      environment.put("HEDDLE_CUSTOMER", notification.customer());
    }
    environment.put(
        "HEDDLE_CERTIFICATE",
        certificates.folder(notification.order()).toAbsolutePath().toString());
    Process process = builder.start();
    try {
      await(process, output);
    } finally {
      stop(process);
    }
    int status = process.exitValue();
    if (status != 0) {
      throw new RefusedException(command + " ended with status " + status + said(output), null);
    }
  }

  /** Whether a text is the same after it was encoded: other characters would become '?'. */
  static boolean isEncodable(String text, String encoding) {
    return Charset.forName(encoding, UTF_8).newEncoder().canEncode(text);
  }

  private void await(Process process, Path output) throws IOException, InterruptedException {
    long end = Go.nanoTime() + timeout.toNanos();
    boolean isOver = false;
    while (!isOver) {
      long left = end - Go.nanoTime();
      if (left <= 0) {
        throw new RefusedException(
            command + " has not ended within " + timeout.toMillis() + " ms" + said(output), null);
      }
      isOver = process.waitFor(Math.min(left, LOOK.toNanos()), TimeUnit.NANOSECONDS);
      if (Files.size(output) > MOST) {
        throw new RefusedException(
            command + " has written more than " + MOST + " bytes" + said(output), null);
      }
    }
  }

  /**
   * Ends a command and its children. The command comes first, so that it does not continue with a
   * child that has failed. The id of a command that has ended may be another process's already.
   */
  private static void stop(Process process) {
    if (!process.isAlive()) {
      return;
    }
    List<ProcessHandle> below = process.descendants().toList();
    process.destroy();
    try {
      process.waitFor(GRACE.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    process.destroyForcibly();
    below.forEach(ProcessHandle::destroyForcibly);
  }

  /** The beginning of the command's output, for people. */
  private static String said(Path output) throws IOException {
    try (InputStream in = Files.newInputStream(output)) {
      String text = new String(in.readNBytes(BodyStart.KEPT), UTF_8).strip();
      return text.isEmpty() ? "" : ": " + text;
    }
  }
}
