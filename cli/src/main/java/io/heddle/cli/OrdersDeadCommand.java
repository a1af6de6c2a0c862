package io.heddle.cli;

import io.heddle.orders.api.ApiClient;
import io.heddle.orders.store.OrderStore;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Commands for orders that were given up. */
@Command(
    name = "dead",
    header = "Lists, replays or deletes orders that were given up.",
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
        "0:printed; if there are none, standard error says so",
        "3:the service denied access",
        "4:the service does not answer"
      },
      mixinStandardHelpOptions = true,
      versionProvider = Main.Version.class)
  static final class ListDead implements Callable<Integer> {
    @Mixin private OrdersServer server = new OrdersServer();

    @Option(names = "--json", description = "Print a JSON object for each order, one a line.")
    private boolean isJson;

    @Override
    public Integer call() throws InterruptedException {
      return server.call(
          null,
          client -> {
            if (OrdersClientCommands.printAll(client, Map.of("state", "dead"), isJson) == 0) {
              server.note("no order is dead");
            }
            return 0;
          });
    }
  }

  /** The common part of replay and purge. */
  @Command(
      exitCodeListHeading = "%nExit codes:%n",
      exitCodeList = {
        "0:done; the number of orders is printed",
        "2:the command line is wrong",
        "3:the service denied access",
        "4:the service does not answer",
        "5:there is no such order, or it is not dead"
      },
      mixinStandardHelpOptions = true,
      versionProvider = Main.Version.class)
  abstract static class Change implements Callable<Integer> {
    @Mixin OrdersServer server = new OrdersServer();

    @Parameters(paramLabel = "ID", arity = "0..1", description = "Process the order with this ID.")
    private @Nullable String id;

    @Option(names = "--all", description = "Process all dead orders.")
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
  @Command(
      name = "replay",
      header = "Starts dead orders again from the beginning.",
      description = "With --all, cancelled and revoked orders are skipped.")
  static final class Replay extends Change {
    @Override
    Action action(ApiClient client) {
      return id -> {
        if (id != null) {
          client.replay(id);
          return 1;
        }
        OrderStore.ReplayedAll all = client.replayAll();
        if (all.skipped() > 0) {
          server.note("skipped " + all.skipped() + " cancelled or revoked; replay each by its ID");
        }
        return all.replayed();
      };
    }
  }

  /** Deletes them. */
  @Command(name = "purge", header = "Deletes dead orders.")
  static final class Purge extends Change {
    @Override
    Action action(ApiClient client) {
      return client::purge;
    }
  }
}
