package io.heddle.cli;

import io.heddle.orders.api.ApiClient;
import io.heddle.orders.store.OrderStore;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
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
    })
final class OrdersDeadCommand extends Subcommand.Group {
  /** Lists them. */
  @Command(name = "list", header = "Lists dead orders with their reasons.")
  static final class ListDead extends OrdersClientCommands.Listing {
    @Override
    void run(ApiClient client)
        throws ApiClient.RefusedException, IOException, InterruptedException {
      printOrders(client, Map.of("state", "dead"), "no order is dead");
    }
  }

  /** The common part of replay and purge. */
  @Command(
      exitCodeList = {
        "0:done; the number of orders is printed",
        "2:the command line is wrong",
        "3:the service denied access",
        "4:the service does not answer",
        "5:there is no such order, or it is not dead"
      })
  abstract static class Change extends OrdersClientCommand {
    @Parameters(paramLabel = "ID", arity = "0..1", description = "Process the order with this ID.")
    private @Nullable String id;

    @Option(names = "--all", description = "Process all dead orders.")
    private boolean isAll;

    /**
     * Changes orders; returns how many.
     *
     * @param chosen the id of one order, null for all
     */
    abstract long change(ApiClient client, @Nullable String chosen)
        throws ApiClient.RefusedException, IOException, InterruptedException;

    @Override
    void check() {
      if ((id == null) != isAll) {
        throw usage("give the ID of an order, or --all");
      }
    }

    @Override
    void run(ApiClient client)
        throws ApiClient.RefusedException, IOException, InterruptedException {
      long count = change(client, id);
      System.out.println(count + (count == 1 ? " order" : " orders"));
    }
  }

  /** Tries them again. */
  @Command(
      name = "replay",
      header = "Starts dead orders again from the beginning.",
      description = "With --all, cancelled and revoked orders are skipped.")
  static final class Replay extends Change {
    @Override
    long change(ApiClient client, @Nullable String chosen)
        throws ApiClient.RefusedException, IOException, InterruptedException {
      if (chosen != null) {
        client.replay(chosen);
        return 1;
      }
      OrderStore.ReplayedAll all = client.replayAll();
      if (all.skipped() > 0) {
        note("skipped " + all.skipped() + " cancelled or revoked; replay each by its ID");
      }
      return all.replayed();
    }
  }

  /** Deletes them. */
  @Command(name = "purge", header = "Deletes dead orders.")
  static final class Purge extends Change {
    @Override
    long change(ApiClient client, @Nullable String chosen)
        throws ApiClient.RefusedException, IOException, InterruptedException {
      return client.purge(chosen);
    }
  }
}
