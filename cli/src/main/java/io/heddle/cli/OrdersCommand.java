package io.heddle.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The certificate-order pipeline and its parts. */
@Command(
    name = "orders",
    header = "Orders TLS certificates, and never bothers a CA in vain.",
    description = {
      "",
      "A CA gives few tries: Let's Encrypt five failures an hour for a name, and one failure spoils "
          + "the whole order. So everything is checked first, by the CA's own rules.",
      ""
    },
    subcommands = {OrdersCheckCommand.class},
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
