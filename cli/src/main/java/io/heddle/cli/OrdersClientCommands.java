package io.heddle.cli;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.heddle.orders.OrderState;
import io.heddle.orders.api.ApiClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What a customer does: order, and look. */
final class OrdersClientCommands {
  private OrdersClientCommands() {}

  static void print(JsonElement json) {
    System.out.println(
        new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create().toJson(json));
    System.out.flush();
  }

  /** A line for a list. */
  static void printLine(JsonObject order) {
    JsonObject problem = order.getAsJsonObject("problem");
    JsonElement detail = problem == null ? null : problem.get("detail");
    System.out.printf(
        "%s  %-10s  %s%s%n",
        order.get("id").getAsString(),
        order.get("state").getAsString(),
        String.join(
            ",",
            order.getAsJsonArray("domains").asList().stream()
                .map(JsonElement::getAsString)
                .toList()),
        detail == null ? "" : "  " + detail.getAsString());
  }

  /** Prints all orders of a state; yields how many. */
  static long printAll(ApiClient client, String state, boolean isJson)
      throws ApiClient.RefusedException, IOException, InterruptedException {
    long count = 0;
    for (long after = 0; after >= 0; ) {
      JsonObject page = client.list(state, after);
      for (JsonElement order : page.getAsJsonArray("orders")) {
        count++;
        if (isJson) {
          System.out.println(order);
        } else {
          printLine(order.getAsJsonObject());
        }
      }
      JsonElement next = page.get("next");
      after = next == null ? -1 : next.getAsLong();
    }
    System.out.flush();
    return count;
  }

  /** Orders a certificate. */
  @Command(
      name = "submit",
      header = "Orders a certificate.",
      description = {
        "",
        "Prints the order's id. What has to be done for it is in the order, as soon as the CA has "
            + "told: see heddle orders status. While an order for the same names is open, this "
            + "prints that order's id, or refuses if that has another signing request.",
        ""
      },
      footer = {
        "",
        "Examples:",
        "  heddle orders submit www.example.com example.com",
        "  heddle orders submit www.example.com --idempotency-key renewal-2026-11",
        "  heddle orders submit www.example.com --csr request.pem"
      },
      exitCodeListHeading = "%nExit codes:%n",
      exitCodeList = {
        "0:the order is taken",
        "2:the command is wrong",
        "3:the service does not let us in",
        "4:the service does not answer; with the same --idempotency-key it can be repeated",
        "5:the service does not take the order"
      },
      mixinStandardHelpOptions = true,
      versionProvider = Main.Version.class)
  static final class Submit implements Callable<Integer> {
    @Mixin private OrdersServer server = new OrdersServer();

    @Parameters(paramLabel = "DOMAIN", arity = "1..*", description = "The certificate's names.")
    private List<String> domains = List.of();

    @Option(
        names = "--csr",
        paramLabel = "FILE",
        description = "A signing request in PEM: its key stays yours.")
    private @Nullable Path csr;

    @Option(
        names = "--idempotency-key",
        paramLabel = "TEXT",
        description = "Names the submission; repeating it does not order twice.")
    private @Nullable String key;

    @Override
    public Integer call() throws InterruptedException {
      String request;
      try {
        request = csr == null ? null : Files.readString(csr);
      } catch (IOException e) {
        return server.fail(2, "--csr " + csr + " cannot be read: " + e.getMessage());
      }
      return server.call(
          key,
          client -> {
            System.out.println(client.submit(domains, request).get("id").getAsString());
            System.out.flush();
            return 0;
          });
    }
  }

  /** Shows an order. */
  @Command(
      name = "status",
      header = "Shows an order: its state, what is to be done for it, what the last check saw.",
      footer = {"", "Prints JSON; GET /openapi.json of the service describes it."},
      exitCodeListHeading = "%nExit codes:%n",
      exitCodeList = {
        "0:printed",
        "2:the command is wrong",
        "3:the service does not let us in",
        "4:the service does not answer",
        "5:there is no such order"
      },
      mixinStandardHelpOptions = true,
      versionProvider = Main.Version.class)
  static final class Status implements Callable<Integer> {
    @Mixin private OrdersServer server = new OrdersServer();

    @Parameters(paramLabel = "ID", description = "The order's id, as submit prints it.")
    private String id = "";

    @Override
    public Integer call() throws InterruptedException {
      return server.call(
          null,
          client -> {
            print(client.order(id));
            return 0;
          });
    }
  }

  /** Lists orders. */
  @Command(
      name = "list",
      header = "Lists orders.",
      exitCodeListHeading = "%nExit codes:%n",
      exitCodeList = {
        "0:printed, if only nothing",
        "2:the command is wrong",
        "3:the service does not let us in",
        "4:the service does not answer",
        "5:the service refuses"
      },
      mixinStandardHelpOptions = true,
      versionProvider = Main.Version.class)
  static final class ListOrders implements Callable<Integer> {
    @Mixin private OrdersServer server = new OrdersServer();

    @Option(
        names = "--state",
        paramLabel = "STATE",
        description =
            "Those that are submitted, checking, validating, finalizing, issued or dead. All if "
                + "not given.")
    private @Nullable String state;

    @Option(names = "--json", description = "An object a line, as status prints it.")
    private boolean isJson;

    @Override
    public Integer call() throws InterruptedException {
      List<String> states =
          state != null
              ? List.of(state)
              : Arrays.stream(OrderState.values()).map(OrderState::label).toList();
      return server.call(
          null,
          client -> {
            for (String one : states) {
              printAll(client, one, isJson);
            }
            return 0;
          });
    }
  }
}
