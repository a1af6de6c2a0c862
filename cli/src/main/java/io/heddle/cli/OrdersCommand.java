package io.heddle.cli;

import picocli.CommandLine.Command;

/** Certificate orders. */
@Command(
    name = "orders",
    header =
        "Orders TLS certificates, checks each challenge before it asks the CA, and loses no order.",
    description = {
      "",
      "A service accepts orders by HTTP and places them at an ACME CA. It checks every challenge itself "
          + "until validation would succeed, and only then asks the CA to validate. It retries orders "
          + "that are not ready, after longer and longer delays. Orders that it gives up are kept, "
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
      OrdersClientCommands.History.class,
      OrdersClientCommands.ListOrders.class,
      OrdersChangeCommands.Retry.class,
      OrdersChangeCommands.Validate.class,
      OrdersChangeCommands.Cancel.class,
      OrdersChangeCommands.Revoke.class,
      OrdersClientCommands.Audit.class,
      OrdersDeadCommand.class,
      OrdersBackupCommand.class,
      OrdersDemoCommand.class
    })
final class OrdersCommand extends Subcommand.Group {}
