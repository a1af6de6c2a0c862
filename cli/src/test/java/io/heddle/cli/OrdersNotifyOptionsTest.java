package io.heddle.cli;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.Problem;
import io.heddle.orders.notify.Notifications;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** The options for receivers of notifications. */
final class OrdersNotifyOptionsTest {
  @TempDir private Path folder;

  @CommandLine.Command(name = "serve")
  private static final class Command {
    @CommandLine.Mixin private OrdersNotifyOptions notify = new OrdersNotifyOptions();
  }

  private Notifications read(String... options) throws IOException {
    Command command = new Command();
    new CommandLine(command).parseArgs(options);
    return command.notify.settings(folder, 1);
  }

  private Path file(String name, String text, String permissions) throws IOException {
    Path file = Files.writeString(folder.resolve(name), text);
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
  }

  private void assertRefused(String problem, String... options) {
    Exception refused = assertThrows(Exception.class, () -> read(options));
    assertTrue(
        refused instanceof IOException || refused instanceof CommandLine.ParameterException,
        refused::toString);
    assertTrue(refused.getMessage().contains(problem), refused::getMessage);
  }

  private static boolean notifiesAnybody(Notifications notifications) {
    Order.Request request = new Order.Request("anna", List.of("one.test"), null);
    Order order =
        Order.submitted("id", request, Instant.EPOCH).dead(Problem.of("over", "Over", "over"));
    return !notifications.of(OrderState.SUBMITTED, order).isEmpty();
  }

  @Test
  void receiversAreOptional() throws Exception {
    try (Notifications none = read()) {
      assertFalse(notifiesAnybody(none));
    }
  }

  @Test
  void aServerAndACommandAreNotified() throws Exception {
    Path secret = file("secret", "whsec_" + "A".repeat(32), "rw-r-----");
    Path hook = file("hook", "#!/bin/sh\n", "rwxr-x---");
    try (Notifications server =
        read("--webhook=https://a.example/b?c=d", "--webhook-secret=" + secret)) {
      assertTrue(notifiesAnybody(server));
    }
    try (Notifications command = read("--hook=" + hook)) {
      assertTrue(notifiesAnybody(command));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "--webhook=ftp://a.example/, 'has to be an http:// or https:// address'",
    "--webhook=/hook, 'has to be an http:// or https:// address'",
    "--webhook=https://a.example/b c, 'has to be an http:// or https:// address'",
    "--webhook=https://user:secret@a.example/, 'must not have a user name, a password'",
    "--webhook=https://a.example/#b, 'must not have a user name, a password or a #'",
    "--webhook=https://a.example/, 'give --webhook-secret FILE, or set HEDDLE_ORDERS_WEBHOOK_SECRET'",
    "--webhook-secret=none, '--webhook-secret is for a --webhook'",
    "--hook=none, '--hook none does not exist'"
  })
  void anOptionThatMakesNoSenseIsRefused(String option, String problem) {
    assertRefused(problem, option);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ftp://a.example/s3cret", "https://a.example/s3cret key", "/s3cret"})
  void anAddressThatIsRefusedIsNotShown(String address) {
    Exception refused = assertThrows(Exception.class, () -> read("--webhook=" + address));
    assertFalse(refused.getMessage().contains("s3cret"), refused::getMessage);
  }

  @Test
  void aFileThatCannotBeUsedIsRefused() throws Exception {
    String webhook = "--webhook=https://a.example/";
    Path open = file("open", "whsec_" + "A".repeat(32), "rw-r--r--");
    assertRefused("chmod o-rwx", webhook, "--webhook-secret=" + open);
    Path wrong = file("wrong", "a password", "rw-------");
    assertRefused(
        "wrong: not a secret: it does not begin with whsec_", webhook, "--webhook-secret=" + wrong);
    Path hook = file("hook", "#!/bin/sh\n", "rw-r-----");
    assertRefused("is not executable", "--hook=" + hook);
    assertRefused("is a folder", "--hook=" + folder);
  }
}
