package io.heddle.orders.notify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.orders.files.CertificateFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Commands that get notifications. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class CommandHookTest {
  private static final Duration LONG = Duration.ofSeconds(100);

  @TempDir private Path folder;
  private final Notification notification = TestReceiver.notification("0rder", "anna");

  private CommandHook hook(String script, Duration timeout) throws IOException {
    Path file = Files.writeString(folder.resolve("hook"), "#!/bin/sh\n" + script + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
    return new CommandHook(file, new CertificateFolder(folder.resolve("certificates")), timeout);
  }

  private String failure(String script, Duration timeout) throws IOException {
    CommandHook hook = hook(script, timeout);
    return assertThrows(IOException.class, () -> hook.deliver(notification)).getMessage();
  }

  @Test
  void aCommandGetsTheNotificationAndNoSecrets() throws Exception {
    Path seen = folder.resolve("seen");
    hook("(cat; echo; env) > '" + seen + "'", LONG).deliver(notification);
    List<String> lines = Files.readAllLines(seen);
    assertEquals(notification.text(), lines.getFirst());
    assertTrue(lines.contains("HEDDLE_EVENT=order.issued"), lines::toString);
    assertTrue(lines.contains("HEDDLE_EVENT_ID=evt_1"), lines::toString);
    assertTrue(lines.contains("HEDDLE_ORDER=0rder"), lines::toString);
    assertTrue(lines.contains("HEDDLE_CUSTOMER=anna"), lines::toString);
    assertTrue(
        lines.contains("HEDDLE_CERTIFICATE=" + folder.resolve("certificates/0rder")),
        lines::toString);
    List<String> others =
        lines.stream()
            .skip(1)
            .map(line -> line.replaceFirst("=.*", ""))
            .filter(name -> !name.startsWith("HEDDLE_"))
            .filter(name ->
                !List.of(
                        "PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "PWD", "OLDPWD", "SHLVL",
                        "_")
                    .contains(name))
            .toList();
    assertEquals(List.of(), others);
  }

  @Test
  void aCommandThatDoesNotReadMaySucceed() throws Exception {
    Notification large =
        new Notification("evt_1", "order.issued", "0rder", "anna", "x".repeat(1 << 20));
    hook("exit 0", LONG).deliver(large);
  }

  @Test
  void aCommandThatFailsIsQuoted() throws Exception {
    String problem = failure("echo 'no such server' >&2; exit 7", LONG);
    assertEquals(folder.resolve("hook") + " ended with status 7: no such server", problem);
  }

  /** Nor does a process that it leaves behind, with its output open, hold the worker. */
  @Test
  void aCommandThatDoesNotEndIsKilledWithItsChildren() throws Exception {
    Path pid = folder.resolve("pid");
    String problem =
        failure("sleep 1000 & echo $! > '" + pid + "'; echo begun; wait", Duration.ofSeconds(3));
    assertTrue(problem.endsWith(" has not ended within 3000 ms: begun"), problem);
    long child = Long.parseLong(Files.readString(pid).strip());
    ProcessHandle.of(child).ifPresent(one -> one.onExit().join());
    hook("sleep 3 & echo left", LONG).deliver(notification);
  }

  @Test
  void aCommandThatIsStoppedMayCleanUpAndDoesNotGoOn() throws Exception {
    Path cleaned = folder.resolve("cleaned");
    Path next = folder.resolve("next");
    failure(
        "trap 'echo > \"" + cleaned + "\"; exit 1' TERM; sleep 1000 & wait; echo > '" + next + "'",
        Duration.ofSeconds(3));
    assertTrue(Files.exists(cleaned));
    assertFalse(Files.exists(next));
  }

  @Test
  void aCommandThatWritesWithoutEndIsKilled() throws Exception {
    String problem = failure("while :; do echo much; done", LONG);
    assertTrue(problem.contains(" has written more than 1048576 bytes: much\nmuch"), problem);
    assertTrue(problem.length() < 500, problem);
  }

  @Test
  void aNameThatTheLocaleCannotEncodeIsNotPassed() {
    assertTrue(CommandHook.isEncodable("anna", "ANSI_X3.4-1968"));
    assertFalse(CommandHook.isEncodable("ann\u00e4", "ANSI_X3.4-1968"));
    assertTrue(CommandHook.isEncodable("ann\u00e4", "UTF-8"));
  }
}
