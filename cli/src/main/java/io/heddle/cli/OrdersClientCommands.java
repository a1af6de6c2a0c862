package io.heddle.cli;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.heddle.orders.api.ApiClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
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

  /** Prints all orders that a query selects, in columns or as JSON; returns their number. */
  static long printAll(ApiClient client, Map<String, String> query, boolean isJson)
      throws ApiClient.RefusedException, IOException, InterruptedException {
    OrdersText text = new OrdersText(Instant.now());
    OrdersText.Columns columns = OrdersText.orders();
    long count = 0;
    Map<String, String> page = new HashMap<>(query);
    page.put("limit", "200");
    while (true) {
      JsonObject answer = client.list(page);
      for (JsonElement order : answer.getAsJsonArray("orders")) {
        count++;
        if (isJson) {
          System.out.println(order);
        } else {
          columns.add(text.row(order.getAsJsonObject()));
        }
      }
      System.out.print(columns.print());
      System.out.flush();
      JsonElement next = answer.get("next");
      if (next == null) {
        return count;
      }
      page.put("after", next.getAsString());
    }
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

    @Option(names = "--no-renew", description = "Do not renew the certificate before it expires.")
    private boolean isOnce;

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
            System.out.println(client.submit(domains, request, !isOnce).get("id").getAsString());
            System.out.flush();
            return 0;
          });
    }
  }

  /** Shows an order. */
  @Command(
      name = "status",
      header = "Shows an order: the next steps, the last check, the state.",
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

    @Option(
        names = "--json",
        description =
            "Print a JSON object instead of text. GET /openapi.json of the service describes it.")
    private boolean isJson;

    @Option(names = "--trace", description = "Print all steps of the last check.")
    private boolean isTraced;

    @Override
    public Integer call() throws InterruptedException {
      return server.call(
          null,
          client -> {
            JsonObject order = client.order(id);
            if (isJson) {
              print(order);
            } else {
              System.out.print(new OrdersText(Instant.now()).status(order, isTraced));
              System.out.flush();
            }
            return 0;
          });
    }
  }

  /** Shows what has happened to an order. */
  @Command(
      name = "history",
      header = "Shows what has happened to an order, and who has changed it.",
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
  static final class History implements Callable<Integer> {
    @Mixin private OrdersServer server = new OrdersServer();

    @Parameters(paramLabel = "ID", description = "Show the history of the order with this ID.")
    private String id = "";

    @Option(names = "--json", description = "Print a JSON object instead of text.")
    private boolean isJson;

    @Override
    public Integer call() throws InterruptedException {
      return server.call(
          null,
          client -> {
            JsonObject history = client.history(id);
            if (isJson) {
              print(history);
            } else {
              System.out.print(new OrdersText(Instant.now()).history(history));
              System.out.flush();
            }
            return 0;
          });
    }
  }

  /** Prints the audit log. */
  @Command(
      name = "audit",
      header =
          "Prints the audit log: who has submitted, replayed or purged orders, and from where.",
      description = {"", "The latest entry comes first.", ""},
      exitCodeListHeading = "%nExit codes:%n",
      exitCodeList = {
        "0:printed; if there are no entries, standard error says so",
        "2:the command line is wrong",
        "3:the service denied access",
        "4:the service does not answer",
        "5:the service refused the request"
      },
      mixinStandardHelpOptions = true,
      versionProvider = Main.Version.class)
  static final class Audit implements Callable<Integer> {
    @Mixin private OrdersServer server = new OrdersServer();

    @Option(
        names = "--order",
        paramLabel = "ID",
        description = "Print only entries about the order with this ID.")
    private @Nullable String order;

    @Option(
        names = "--customer",
        paramLabel = "NAME",
        description = "Print only entries about orders of this customer.")
    private @Nullable String customer;

    @Option(
        names = "--limit",
        paramLabel = "N",
        description = "Print at most N entries (default: ${DEFAULT-VALUE}).")
    private int limit = 1000;

    @Option(names = "--json", description = "Print a JSON object for each entry, one a line.")
    private boolean isJson;

    @Override
    public Integer call() throws InterruptedException {
      if (limit < 1) {
        return server.fail(2, "--limit has to be positive");
      }
      return server.call(
          null,
          client -> {
            Map<String, String> query = new HashMap<>();
            put(query, "order", order);
            put(query, "customer", customer);
            OrdersText.Columns columns = OrdersText.audit();
            int left = limit;
            while (left > 0) {
              query.put("limit", String.valueOf(Math.min(left, 200)));
              JsonObject page = client.audit(query);
              for (JsonElement entry : page.getAsJsonArray("entries")) {
                left--;
                if (isJson) {
                  System.out.println(entry);
                } else {
                  columns.add(OrdersText.auditRow(entry.getAsJsonObject()));
                }
              }
              System.out.print(columns.print());
              JsonElement next = page.get("next");
              if (next == null) {
                break;
              }
              query.put("after", next.getAsString());
            }
            System.out.flush();
            if (left == limit) {
              server.note("the audit log has no such entries");
            }
            return 0;
          });
    }
  }

  private static void put(Map<String, String> query, String name, @Nullable String value) {
    if (value != null) {
      query.put(name, value);
    }
  }

  /** Lists orders. */
  @Command(
      name = "list",
      header = "Lists orders, or searches for them.",
      footer = {
        "",
        "Examples:",
        "  heddle orders list --state checking",
        "  heddle orders list --domain example.com       this name and all names below it",
        "  heddle orders list --expires-before 2027-01-31"
      },
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
        names = "--customer",
        paramLabel = "NAME",
        description = "List only orders of this customer. Only admin sees those of others.")
    private @Nullable String customer;

    @ArgGroup private Search search = new Search();

    private static final class Search {
      @Option(
          names = "--domain",
          paramLabel = "NAME",
          description = "List only orders for this name, then those for names below it.")
      private @Nullable String domain;

      @Option(
          names = "--serial",
          paramLabel = "HEX",
          description = "List only the order whose certificate has this serial number.")
      private @Nullable String serial;

      @Option(
          names = "--expires-before",
          paramLabel = "DATE",
          description =
              "List only orders whose certificates expire before this day or time in UTC, the "
                  + "earliest first.")
      private @Nullable String expires;
    }

    @Option(
        names = "--json",
        description = "Print a JSON object for each order, one a line, as status --json does.")
    private boolean isJson;

    @Override
    public Integer call() throws InterruptedException {
      return server.call(
          null,
          client -> {
            Map<String, String> query = new HashMap<>();
            put(query, "state", state);
            put(query, "customer", customer);
            put(query, "domain", search.domain);
            put(query, "serial", search.serial);
            put(query, "expires_before", search.expires);
            if (printAll(client, query, isJson) == 0) {
              server.note(query.isEmpty() ? "there are no orders" : "there are no such orders");
            }
            return 0;
          });
    }
  }
}
