package io.heddle.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Certificate orders. */
@Command(
    name = "orders",
    header = "Orders TLS certificates: checks before the CA is asked, and loses no order.",
    description = {
      "",
      "A service takes orders by HTTP, places them at a CA that speaks ACME, checks what the CA would "
          + "check until that would pass, and only then has the CA validate. Orders that are not "
          + "ready come back after a while, longer each time; those that are given up are kept, "
          + "with the reason, and can be replayed.",
      ""
    },
    footer = {
      "",
      "To see it work:    heddle orders demo",
      "To run it:         heddle orders serve --help",
      "See docs/orders.md."
    },
    subcommands = {
      OrdersCheckCommand.class,
      OrdersServeCommand.class,
      OrdersClientCommands.Submit.class,
      OrdersClientCommands.Status.class,
      OrdersClientCommands.ListOrders.class,
      OrdersDeadCommand.class,
      OrdersDemoCommand.class
    },
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class)
final class OrdersCommand implements Runnable {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }
}
