package io.heddle.orders.notify;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.heddle.orders.files.CertificateFolder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Runs a command of this machine for each notification. The command gets the text on its standard
 * input, and no secrets of the service in its environment. Exit status 0 accepts the notification.
 */
public final class CommandHook implements Receiver {
  /** The stage of notifications for a command. */
  public static final String STAGE = "command";

  private static final Duration TIMEOUT = Duration.ofMinutes(1);

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
    // Files, not pipes: a command that does not read, or leaves a process behind, blocks nobody.
    Path input = Files.createTempFile("heddle-orders", ".in");
    Path output = Files.createTempFile("heddle-orders", ".out");
    try {
      Files.writeString(input, notification.text());
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
      environment.put("HEDDLE_CUSTOMER", notification.customer());
      environment.put(
          "HEDDLE_CERTIFICATE",
          certificates.folder(notification.order()).toAbsolutePath().toString());
      run(builder, output);
    } finally {
      Files.deleteIfExists(input);
      Files.deleteIfExists(output);
    }
  }

  private void run(ProcessBuilder builder, Path output) throws IOException, InterruptedException {
    Process process = builder.start();
    try {
      if (!process.waitFor(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
        throw new RefusedException(
            command + " has not ended within " + timeout.toMillis() + " ms" + said(output), null);
      }
      int status = process.exitValue();
      if (status != 0) {
        throw new RefusedException(command + " ended with status " + status + said(output), null);
      }
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  /** The beginning of the command's output, for people. */
  private static String said(Path output) throws IOException {
    try (InputStream in = Files.newInputStream(output)) {
      String text = new String(in.readNBytes(BodyStart.KEPT), UTF_8).strip();
      return text.isEmpty() ? "" : ": " + text;
    }
  }
}
