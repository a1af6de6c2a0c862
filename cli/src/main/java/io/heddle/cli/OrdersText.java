package io.heddle.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.heddle.purge.keys.KeyLine;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Orders as text for people. Everything that the service sends is escaped: parts of it are from
 * servers of strangers.
 */
final class OrdersText {
  private static final int DOMAINS = 40;

  private final Instant now;

  /**
   * Makes the text.
   *
   * @param now the time to which others are relative
   */
  OrdersText(Instant now) {
    this.now = now;
  }

  /** The columns of a list of orders. */
  static Columns orders() {
    return new Columns("ID", "STATE", "CUSTOMER", "DOMAINS", "CHANGED", "NEXT", "WAITS FOR", "WHY");
  }

  List<String> row(JsonObject order) {
    String next = text(order, "next_attempt");
    JsonObject problem = order.getAsJsonObject("problem");
    String expires = text(order, "not_after");
    return List.of(
        text(order, "id"),
        text(order, "state"),
        text(order, "customer"),
        domains(order),
        ago(text(order, "changed")),
        next.isEmpty() ? "-" : in(next),
        order.has("waiting_for") ? whom(text(order, "waiting_for")) : "-",
        problem != null ? why(problem) : expires.isEmpty() ? "" : "expires " + in(expires));
  }

  private static String whom(String waiting) {
    return switch (waiting) {
      case "ca" -> "CA";
      case "order" -> "another order";
      default -> waiting;
    };
  }

  private static String why(JsonObject problem) {
    String detail = text(problem, "detail");
    return detail.isEmpty() ? text(problem, "title") : detail;
  }

  private static String domains(JsonObject order) {
    List<String> all = strings(order.getAsJsonArray("domains"));
    StringBuilder text = new StringBuilder();
    int shown = 0;
    for (String one : all) {
      if (shown > 0 && text.length() + one.length() > DOMAINS) {
        return text + " +" + (all.size() - shown);
      }
      text.append(shown++ > 0 ? "," : "").append(one);
    }
    return text.toString();
  }

  /**
   * An order in all details, the customer's next steps first.
   *
   * @param isTraced whether to show all steps of the last checks
   */
  String status(JsonObject order, boolean isTraced) {
    StringBuilder out = new StringBuilder();
    String state = text(order, "state");
    out.append("Order ").append(text(order, "id")).append(" is ").append(state);
    if (order.has("waiting_for")) {
      String whom = whom(text(order, "waiting_for"));
      out.append(", and waits for ").append(whom.equals("another order") ? whom : "the " + whom);
    }
    out.append(".\n\nNext steps\n");
    steps(order, state, out);
    JsonObject problem = order.getAsJsonObject("problem");
    if (problem != null) {
      out.append("\nProblem\n  ").append(text(problem, "title")).append('\n');
      if (problem.has("detail")) {
        lines(text(problem, "detail"), "  ", out);
      }
    }
    checks(order, isTraced, out);
    out.append("\nOrder\n");
    field("Domains", String.join(", ", strings(order.getAsJsonArray("domains"))), out);
    field("Customer", text(order, "customer"), out);
    time("Submitted", text(order, "created"), out);
    time("Changed", text(order, "changed"), out);
    field("Attempts", text(order, "attempts"), out);
    time("Expires", text(order, "expires"), out);
    field("Serial", text(order, "serial"), out);
    time("Valid until", text(order, "not_after"), out);
    return out.toString();
  }

  private void steps(JsonObject order, String state, StringBuilder out) {
    switch (state) {
      case "issued" ->
          out.append("  Fetch the certificate from ")
              .append(text(order, "certificate"))
              .append(" of the service.\n");
      case "dead" ->
          out.append("  Solve the problem, then run: heddle orders dead replay ")
              .append(text(order, "id"))
              .append('\n');
      default -> {
        boolean isNeeded = state.equals("checking") && challenges(order, out);
        String next = text(order, "next_attempt");
        out.append(
                isNeeded
                    ? "  The service then continues by itself"
                    : "  None: the service continues by itself")
            .append(next.isEmpty() ? "" : ", " + in(next))
            .append(".\n");
      }
    }
  }

  /** Lists what the customer has to do; returns whether there is anything. */
  private static boolean challenges(JsonObject order, StringBuilder out) {
    boolean isNeeded = false;
    for (JsonElement each : order.getAsJsonArray("authorizations")) {
      JsonObject authorization = each.getAsJsonObject();
      if (authorization.has("ready") || !text(authorization, "status").equals("pending")) {
        continue;
      }
      isNeeded = true;
      out.append("  ").append(text(authorization, "domain")).append(": do one of these\n");
      for (JsonElement one : authorization.getAsJsonArray("challenges")) {
        JsonObject challenge = one.getAsJsonObject();
        String type = text(challenge, "type");
        out.append("    ").append(type).append('\n');
        switch (type) {
          case "http-01" -> {
            step("at", text(challenge, "url"), out);
            step("serve", text(challenge, "content"), out);
          }
          case "dns-01" -> {
            step("name", text(challenge, "record"), out);
            step("TXT", text(challenge, "value"), out);
          }
          default -> step("key", text(challenge, "key_authorization"), out);
        }
      }
    }
    return isNeeded;
  }

  private void checks(JsonObject order, boolean isTraced, StringBuilder out) {
    boolean isFirst = true;
    for (JsonElement each : order.getAsJsonArray("authorizations")) {
      JsonObject authorization = each.getAsJsonObject();
      JsonObject check = authorization.getAsJsonObject("check");
      if (check == null) {
        continue;
      }
      out.append(isFirst ? "\nLast check\n" : "");
      isFirst = false;
      String verdict = text(check, "verdict").toLowerCase(Locale.ROOT).replace('_', ' ');
      out.append("  ")
          .append(text(authorization, "domain"))
          .append(": ")
          .append(verdict)
          .append(", ")
          .append(ago(text(check, "at")))
          .append('\n');
      lines(text(check, isTraced ? "trace" : "summary"), "    ", out);
    }
  }

  /** The events of an order, one a line. */
  String history(JsonObject history) {
    Columns columns = new Columns("WHEN", "EVENT", "WHO", "NEXT", "WHY");
    for (JsonElement each : history.getAsJsonArray("events")) {
      JsonObject event = each.getAsJsonObject();
      String count = text(event, "count");
      String next = text(event, "next_attempt");
      columns.add(
          List.of(
              time(text(event, "at")),
              event(event) + (count.isEmpty() ? "" : " (" + count + " times)"),
              who(event),
              next.isEmpty() ? "-" : time(next),
              text(event, "reason")));
    }
    return columns.print();
  }

  private static String event(JsonObject event) {
    return switch (text(event, "event")) {
      case "moved" -> text(event, "state") + " -> " + text(event, "to");
      case "retried", "deferred", "dead" -> text(event, "state") + ": " + text(event, "event");
      default -> text(event, "event");
    };
  }

  private static String who(JsonObject event) {
    String by = text(event, "by");
    String client = text(event, "client");
    return by.isEmpty() ? "-" : client.isEmpty() ? by : by + " (" + client + ")";
  }

  /** The columns of the audit log. */
  static Columns audit() {
    return new Columns("WHEN", "ACTION", "WHO", "ORDER", "CUSTOMER");
  }

  static List<String> auditRow(JsonObject entry) {
    return List.of(
        time(text(entry, "at")),
        text(entry, "action"),
        who(entry),
        text(entry, "order"),
        text(entry, "customer"));
  }

  private static void step(String name, String value, StringBuilder out) {
    out.append(String.format(Locale.ROOT, "        %-5s  %s%n", name, value));
  }

  private static void field(String name, String value, StringBuilder out) {
    if (!value.isEmpty()) {
      out.append(String.format(Locale.ROOT, "  %-12s %s%n", name, value));
    }
  }

  private void time(String name, String value, StringBuilder out) {
    if (!value.isEmpty()) {
      Instant time = Instant.parse(value);
      field(name, time(value) + " (" + (time.isAfter(now) ? in(value) : ago(value)) + ")", out);
    }
  }

  private static String time(String value) {
    return Instant.parse(value).truncatedTo(ChronoUnit.SECONDS).toString();
  }

  private String ago(String time) {
    Duration past = Duration.between(Instant.parse(time), now);
    return past.toSeconds() < 1 ? "now" : span(past) + " ago";
  }

  private String in(String time) {
    Duration left = Duration.between(now, Instant.parse(time));
    return left.toSeconds() < 1 ? "now" : "in " + span(left);
  }

  private static String span(Duration time) {
    long seconds = time.toSeconds();
    return seconds < 120
        ? seconds + " s"
        : seconds < 7200
            ? seconds / 60 + " min"
            : seconds < 172_800 ? seconds / 3600 + " h" : seconds / 86_400 + " days";
  }

  private static void lines(String text, String indent, StringBuilder out) {
    text.lines().forEach(line -> out.append(indent).append(line).append('\n'));
  }

  private static List<String> strings(JsonArray array) {
    List<String> all = new ArrayList<>();
    array.forEach(one -> all.add(escaped(one.getAsString())));
    return all;
  }

  private static String text(JsonObject json, String name) {
    JsonElement value = json.get(name);
    return value == null || value.isJsonNull() ? "" : escaped(value.getAsString());
  }

  private static String escaped(String text) {
    return String.join("\n", text.lines().map(KeyLine::escaped).toList());
  }

  /** Lines in columns, whose widths are those of the widest cells. */
  static final class Columns {
    private static final int GAP = 2;

    private final List<List<String>> rows = new ArrayList<>();
    private final int[] widths;
    private final List<String> heads;
    private boolean isHeadPrinted;

    Columns(String... heads) {
      this.heads = List.of(heads);
      this.widths = new int[heads.length];
      widen(this.heads);
    }

    void add(List<String> cells) {
      List<String> row = cells.stream().map(cell -> cell.replace('\n', ' ')).toList();
      rows.add(row);
      widen(row);
    }

    private void widen(List<String> row) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }

    /** The lines that have been added since the last call, below the heads if there are any. */
    String print() {
      StringBuilder out = new StringBuilder();
      if (!isHeadPrinted && !rows.isEmpty()) {
        isHeadPrinted = true;
        line(heads, out);
      }
      for (List<String> row : rows) {
        line(row, out);
      }
      rows.clear();
      return out.toString();
    }

    private void line(List<String> row, StringBuilder out) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        line.append(row.get(i)).append(" ".repeat(widths[i] - row.get(i).length() + GAP));
      }
      out.append(line.toString().stripTrailing()).append('\n');
    }
  }
}
