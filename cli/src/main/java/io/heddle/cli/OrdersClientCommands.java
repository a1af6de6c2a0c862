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

/** The commands for customers: submit an order, show it, and list orders. */
final class OrdersClientCommands {
  private OrdersClientCommands() {}

  static void print(JsonElement json) {
    System.out.println(
        new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create().toJson(json));
    System.out.flush();
  }

  /** Prints a line of a list. */
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

  /** Prints all orders in a state; returns their number. */
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
        "Prints the ID of the order. As soon as the CA has created it, heddle orders status prints the "
            + "required files and DNS records. If an order for the same names is open, prints the ID "
            + "of that order, or fails if its signing request differs.",
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
        "0:the order was accepted",
        "2:the command line is wrong",
        "3:the service denied access",
        "4:the service does not answer; repeat the command with the same --idempotency-key",
        "5:the service refused the order"
      },
      mixinStandardHelpOptions = true,
      versionProvider = Main.Version.class)
  static final class Submit implements Callable<Integer> {
    @Mixin private OrdersServer server = new OrdersServer();

    @Parameters(
        paramLabel = "DOMAIN",
        arity = "1..*",
        description = "Request a certificate for these names.")
    private List<String> domains = List.of();

    @Option(
        names = "--csr",
        paramLabel = "FILE",
        description =
            "Use this signing request, in PEM. The service then never has the private key.")
    private @Nullable Path csr;

    @Option(
        names = "--idempotency-key",
        paramLabel = "TEXT",
        description = "Identify the submission, so that repeating it does not order twice.")
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
      header = "Shows an order: its state, the required files and records, the last check.",
      footer = {"", "Prints JSON, which GET /openapi.json of the service describes."},
      exitCodeListHeading = "%nExit codes:%n",
      exitCodeList = {
        "0:printed",
        "2:the command line is wrong",
        "3:the service denied access",
        "4:the service does not answer",
        "5:there is no such order"
      },
      mixinStandardHelpOptions = true,
      versionProvider = Main.Version.class)
  static final class Status implements Callable<Integer> {
    @Mixin private OrdersServer server = new OrdersServer();

    @Parameters(
        paramLabel = "ID",
        description = "Show the order with this ID, which submit printed.")
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
        "0:printed; if there are none, standard error says so",
        "2:the command line is wrong",
        "3:the service denied access",
        "4:the service does not answer",
        "5:the service refused the request"
      },
      mixinStandardHelpOptions = true,
      versionProvider = Main.Version.class)
  static final class ListOrders implements Callable<Integer> {
    @Mixin private OrdersServer server = new OrdersServer();

    @Option(
        names = "--state",
        paramLabel = "STATE",
        description =
            "List only orders in this state: submitted, checking, validating, finalizing, issued or "
                + "dead (default: all).")
    private @Nullable String state;

    @Option(
        names = "--json",
        description = "Print a JSON object for each order, one a line, as status does.")
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
            long count = 0;
            for (String one : states) {
              count += printAll(client, one, isJson);
            }
            if (count == 0) {
              server.note(state == null ? "there are no orders" : "no order is " + state);
            }
            return 0;
          });
    }
  }
}
