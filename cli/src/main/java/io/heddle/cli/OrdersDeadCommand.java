package io.heddle.cli;

import io.heddle.orders.api.ApiClient;
import io.heddle.orders.store.OrderStore;
import java.io.IOException;
import java.util.Map;
import java.util.stream.Stream;
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
        "0:done; the number of orders or notifications is printed",
        "2:the command line is wrong",
        "3:the service denied access",
        "4:the service does not answer",
        "5:there is no such order, or it is not dead"
      })
  abstract static class Change extends OrdersClientCommand {
    @Parameters(paramLabel = "ID", arity = "0..1", description = "Process the order with this ID.")
    private @Nullable String id;

    @Option(names = "--all", description = "Process all dead orders, but no notifications.")
    private boolean isAll;

    @Option(
        names = "--notifications",
        description = "Process all notifications that were not delivered, but no orders.")
    private boolean isNotifications;

    /**
     * Changes orders; returns how many.
     *
     * @param chosen the id of one order, null for all
     */
    abstract long change(ApiClient client, @Nullable String chosen)
        throws ApiClient.RefusedException, IOException, InterruptedException;

    /** Changes all notifications that were not delivered; returns how many. */
    abstract long changeNotifications(ApiClient client)
        throws ApiClient.RefusedException, IOException, InterruptedException;

    @Override
    void check() {
      if (Stream.of(id != null, isAll, isNotifications).filter(given -> given).count() != 1) {
        throw usage("give one of the ID of an order, --all and --notifications");
      }
    }

    @Override
    void run(ApiClient client)
        throws ApiClient.RefusedException, IOException, InterruptedException {
      long count = isNotifications ? changeNotifications(client) : change(client, id);
      String what = isNotifications ? " notification" : " order";
      System.out.println(count + what + (count == 1 ? "" : "s"));
    }
  }

  /** Tries them again. */
  @Command(
      name = "replay",
      header = "Starts dead orders again from the beginning.",
      description =
          "With --all, cancelled and revoked orders are skipped. With --notifications, notifications "
              + "are delivered again.")
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

    @Override
    long changeNotifications(ApiClient client)
        throws ApiClient.RefusedException, IOException, InterruptedException {
      return client.replayNotifications();
    }
  }

  /** Deletes them. */
  @Command(name = "purge", header = "Deletes dead orders, or notifications.")
  static final class Purge extends Change {
    @Override
    long change(ApiClient client, @Nullable String chosen)
        throws ApiClient.RefusedException, IOException, InterruptedException {
      return client.purge(chosen);
    }

    @Override
    long changeNotifications(ApiClient client)
        throws ApiClient.RefusedException, IOException, InterruptedException {
      return client.purgeNotifications();
    }
  }
}
