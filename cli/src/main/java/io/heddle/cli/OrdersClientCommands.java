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
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The commands for customers: submit an order, show it, and list orders. */
final class OrdersClientCommands {
  private OrdersClientCommands() {}

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
      exitCodeList = {
        "0:the order was accepted",
        "2:the command line is wrong",
        "3:the service denied access",
        "4:the service does not answer; repeat the command with the same --idempotency-key",
        "5:the service refused the order"
      })
  static final class Submit extends OrdersClientCommand {
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

    private @Nullable String request;

    @Override
    @Nullable String idempotencyKey() {
      return key;
    }

    @Override
    void run(ApiClient client)
        throws ApiClient.RefusedException, IOException, InterruptedException {
      System.out.println(client.submit(domains, request, !isOnce).get("id").getAsString());
    }

    @Override
    void check() {
      try {
        request = csr == null ? null : Files.readString(csr);
      } catch (IOException e) {
        throw usage("--csr " + csr + " cannot be read: " + e.getMessage());
      }
    }
  }

  /** The common part of the commands that show an order. */
  abstract static class Show extends OrdersClientCommand {
    @Parameters(
        paramLabel = "ID",
        description = "Show the order with this ID, which submit printed.")
    String id = "";

    @Option(
        names = "--json",
        description =
            "Print a JSON object instead of text. GET /openapi.json of the service describes it.")
    private boolean isJson;

    abstract JsonObject ask(ApiClient client)
        throws ApiClient.RefusedException, IOException, InterruptedException;

    abstract String text(JsonObject answer);

    @Override
    void run(ApiClient client)
        throws ApiClient.RefusedException, IOException, InterruptedException {
      JsonObject answer = ask(client);
      if (isJson) {
        System.out.println(
            new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create().toJson(answer));
      } else {
        System.out.print(text(answer));
      }
    }
  }

  /** Shows an order. */
  @Command(name = "status", header = "Shows an order: the next steps, the last check, the state.")
  static final class Status extends Show {
    @Option(names = "--trace", description = "Print all steps of the last check.")
    private boolean isTraced;

    @Override
    JsonObject ask(ApiClient client)
        throws ApiClient.RefusedException, IOException, InterruptedException {
      return client.order(id);
    }

    @Override
    String text(JsonObject order) {
      return new OrdersText(Instant.now()).status(order, isTraced);
    }
  }

  /** Shows the events of an order. */
  @Command(
      name = "history",
      header = "Shows the events of an order, with the user behind each change.")
  static final class History extends Show {
    @Override
    JsonObject ask(ApiClient client)
        throws ApiClient.RefusedException, IOException, InterruptedException {
      return client.history(id);
    }

    @Override
    String text(JsonObject history) {
      return new OrdersText(Instant.now()).history(history);
    }
  }

  /** The common part of the commands that print a list, page by page. */
  @Command(
      exitCodeList = {
        "0:printed; if the list is empty, standard error says so",
        "2:the command line is wrong",
        "3:the service denied access",
        "4:the service does not answer",
        "5:the service refused the request"
      })
  abstract static class Listing extends OrdersClientCommand {
    private static final long PAGE = 200;

    @Option(
        names = "--json",
        description = "Print a JSON object for each entry of the list, one a line.")
    private boolean isJson;

    /** A list of the API. */
    interface Source {
      JsonObject page(Map<String, String> query)
          throws ApiClient.RefusedException, IOException, InterruptedException;
    }

    static void put(Map<String, String> query, String name, @Nullable String value) {
      if (value != null) {
        query.put(name, value);
      }
    }

    /**
     * Prints the entries that a query selects.
     *
     * @param name the member of a page that has its entries
     * @param most how many to print at most
     * @param none the message if there are no entries
     */
    void print(
        Source source,
        Map<String, String> query,
        String name,
        long most,
        OrdersText.Columns columns,
        Function<JsonObject, List<String>> row,
        String none)
        throws ApiClient.RefusedException, IOException, InterruptedException {
      Map<String, String> next = new HashMap<>(query);
      long left = most;
      while (left > 0) {
        next.put("limit", String.valueOf(Math.min(left, PAGE)));
        JsonObject page = source.page(next);
        for (JsonElement entry : page.getAsJsonArray(name)) {
          left--;
          if (isJson) {
            System.out.println(entry);
          } else {
            columns.add(row.apply(entry.getAsJsonObject()));
          }
        }
        System.out.print(columns.print());
        System.out.flush();
        JsonElement after = page.get("next");
        if (after == null) {
          break;
        }
        next.put("after", after.getAsString());
      }
      if (left == most) {
        note(none);
      }
    }

    /** Prints all orders that a query selects. */
    void printOrders(ApiClient client, Map<String, String> query, String none)
        throws ApiClient.RefusedException, IOException, InterruptedException {
      OrdersText text = new OrdersText(Instant.now());
      print(client::list, query, "orders", Long.MAX_VALUE, OrdersText.orders(), text::row, none);
    }
  }

  /** Prints the audit log. */
  @Command(
      name = "audit",
      header =
          "Prints the audit log: the users that submitted, replayed or purged orders, and their addresses.",
      description = {"", "The latest entry comes first.", ""})
  static final class Audit extends Listing {
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

    @Override
    void check() {
      if (limit < 1) {
        throw usage("--limit has to be positive");
      }
    }

    @Override
    void run(ApiClient client)
        throws ApiClient.RefusedException, IOException, InterruptedException {
      Map<String, String> query = new HashMap<>();
      put(query, "order", order);
      put(query, "customer", customer);
      print(
          client::audit,
          query,
          "entries",
          limit,
          OrdersText.audit(),
          OrdersText::auditRow,
          "the audit log has no such entries");
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
      })
  static final class ListOrders extends Listing {
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

    @Override
    void run(ApiClient client)
        throws ApiClient.RefusedException, IOException, InterruptedException {
      Map<String, String> query = new HashMap<>();
      put(query, "state", state);
      put(query, "customer", customer);
      put(query, "domain", search.domain);
      put(query, "serial", search.serial);
      put(query, "expires_before", search.expires);
      printOrders(
          client, query, query.isEmpty() ? "there are no orders" : "there are no such orders");
    }
  }
}
