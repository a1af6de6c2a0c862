package io.heddle.cli;

import io.heddle.orders.api.ApiClient;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Orders that were given up. */
@Command(
    name = "dead",
    header = "Orders that were given up: lists them, tries them again, forgets them.",
    subcommands = {
      OrdersDeadCommand.ListDead.class,
      OrdersDeadCommand.Replay.class,
      OrdersDeadCommand.Purge.class
    },
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class)
final class OrdersDeadCommand implements Runnable {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  /** Lists them. */
  @Command(
      name = "list",
      header = "Lists dead orders with their reasons.",
      exitCodeListHeading = "%nExit codes:%n",
      exitCodeList = {
        "0:printed, if only nothing",
        "3:the service does not let us in",
        "4:the service does not answer"
      },
      mixinStandardHelpOptions = true,
      versionProvider = Main.Version.class)
  static final class ListDead implements Callable<Integer> {
    @Mixin private OrdersServer server = new OrdersServer();

    @Option(names = "--json", description = "An object a line.")
    private boolean isJson;

    @Override
    public Integer call() throws InterruptedException {
      return server.call(
          null,
          client -> {
            OrdersClientCommands.printAll(client, "dead", isJson);
            return 0;
          });
    }
  }

  /** What replay and purge have in common. */
  @Command(
      exitCodeListHeading = "%nExit codes:%n",
      exitCodeList = {
        "0:done; the number is printed",
        "2:the command is wrong",
        "3:the service does not let us in",
        "4:the service does not answer",
        "5:there is no such order, it is not dead, or to be purged and cannot be read"
      },
      mixinStandardHelpOptions = true,
      versionProvider = Main.Version.class)
  abstract static class Change implements Callable<Integer> {
    @Mixin OrdersServer server = new OrdersServer();

    @Parameters(paramLabel = "ID", arity = "0..1", description = "The order.")
    private @Nullable String id;

    @Option(names = "--all", description = "All dead orders.")
    private boolean isAll;

    interface Action {
      long on(@Nullable String id)
          throws ApiClient.RefusedException, IOException, InterruptedException;
    }

    abstract Action action(ApiClient client);

    @Override
    public Integer call() throws InterruptedException {
      if ((id == null) != isAll) {
        return server.fail(2, "give the ID of an order, or --all");
      }
      return server.call(
          null,
          client -> {
            long count = action(client).on(id);
            System.out.println(count + (count == 1 ? " order" : " orders"));
            System.out.flush();
            return 0;
          });
    }
  }

  /** Tries them again. */
  @Command(name = "replay", header = "Has dead orders be tried again, as if they were new.")
  static final class Replay extends Change {
    @Override
    Action action(ApiClient client) {
      return client::replay;
    }
  }

  /** Forgets them. */
  @Command(name = "purge", header = "Forgets dead orders for good.")
  static final class Purge extends Change {
    @Option(
        names = "--unreadable",
        description =
            "Also what this version of the service cannot read, which another version may.")
    private boolean isForUnreadable;

    @Override
    Action action(ApiClient client) {
      return id -> {
        ApiClient.Purge purge = client.purge(id, isForUnreadable);
        if (purge.unreadable() > 0) {
          server.note(
              purge.unreadable()
                  + (purge.unreadable() == 1 ? " order is" : " orders are")
                  + " kept, as this version of the service cannot read them and another may;"
                  + " --unreadable forgets them, too");
        }
        return purge.purged();
      };
    }
  }
}
