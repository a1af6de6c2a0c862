package io.heddle.cli;

import io.heddle.orders.api.ApiClient;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Commands that change a single order: cancel, retry or revoke it, or skip its check. */
final class OrdersChangeCommands {
  private OrdersChangeCommands() {}

  /** The common part. */
  @Command(
      exitCodeList = {
        "0:done",
        "2:the command line is wrong",
        "3:the service denied access",
        "4:the service does not answer",
        "5:there is no such order, or it is not in a state for this"
      })
  abstract static class Change extends OrdersClientCommand {
    @Parameters(paramLabel = "ID", description = "Change the order with this ID.")
    String id = "";
  }

  /** Gives an order up. */
  @Command(
      name = "cancel",
      header = "Cancels an open order, or the renewal of an issued one.",
      description = {
        "",
        "A cancelled order is dead. It can be replayed. A certificate that has been issued stays "
            + "valid, and is not renewed any more.",
        ""
      })
  static final class Cancel extends Change {
    @Override
    void run(ApiClient client)
        throws ApiClient.RefusedException, IOException, InterruptedException {
      client.cancel(id);
    }
  }

  /** Makes an order due at once. */
  @Command(
      name = "retry",
      header = "Checks an open order now, instead of at its next attempt.",
      description = {
        "",
        "Use it after you have answered the challenges. The check counts as an attempt, and is "
            + "possible 30 seconds after the last one.",
        ""
      })
  static final class Retry extends Change {
    @Override
    void run(ApiClient client)
        throws ApiClient.RefusedException, IOException, InterruptedException {
      client.retry(id);
    }
  }

  /** Revokes a certificate. */
  @Command(
      name = "revoke",
      header = "Has the certificate of an issued order revoked.",
      description = {
        "",
        "A worker asks the CA. After that the order is dead, and its key is deleted. If the order is "
            + "replayed, another certificate is ordered, with a new key unless the order has a signing "
            + "request.",
        ""
      })
  static final class Revoke extends Change {
    @Option(
        names = "--reason",
        paramLabel = "REASON",
        description =
            "Give this reason: unspecified, key-compromise, affiliation-changed, superseded or "
                + "cessation-of-operation (default: ${DEFAULT-VALUE}).")
    private String reason = "unspecified";

    @Override
    void run(ApiClient client)
        throws ApiClient.RefusedException, IOException, InterruptedException {
      client.revoke(id, reason);
    }
  }

  /** Skips the check of an order. */
  @Command(
      name = "validate",
      header = "Asks the CA to validate an order without checking it first.",
      description = {
        "",
        "For networks in which this service sees other addresses or records than the CA does. If the "
            + "validation fails, that counts towards the CA's limit, and the order starts again.",
        ""
      })
  static final class Validate extends Change {
    @Option(
        names = "--type",
        paramLabel = "TYPE",
        description = "Use the challenges of this type (default: ${DEFAULT-VALUE}).")
    private String type = "http-01";

    @Override
    void run(ApiClient client)
        throws ApiClient.RefusedException, IOException, InterruptedException {
      client.validate(id, type);
    }
  }
}
