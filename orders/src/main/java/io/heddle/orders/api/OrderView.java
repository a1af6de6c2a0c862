package io.heddle.orders.api;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.heddle.orders.Authorization;
import io.heddle.orders.Challenge;
import io.heddle.orders.Order;
import io.heddle.orders.Problem;
import io.heddle.orders.store.RenewalPlan;
import io.heddle.orders.store.StoredOrder;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An order as its customer sees it, above all with the steps that the customer must take. */
public final class OrderView {
  /** The types of challenges that are checked and used. */
  static final List<String> SHOWN = List.of(Challenge.HTTP, Challenge.DNS, Challenge.TLS_ALPN);

  private OrderView() {}

  /**
   * A single order.
   *
   * @param plan the plan to renew its certificate, null if absent
   */
  static JsonObject of(StoredOrder stored, @Nullable RenewalPlan plan) {
    JsonObject json = of(stored);
    if (plan != null) {
      JsonObject renewal = new JsonObject();
      if (plan.planned() != null) {
        renewal.addProperty("planned", plan.planned());
      }
      if (plan.renewal() != null) {
        renewal.addProperty("order", plan.renewal());
      }
      json.add("renewal", renewal);
    }
    return json;
  }

  /** An order without its renewal. */
  public static JsonObject of(StoredOrder stored) {
    Order order = stored.order();
    JsonObject json = new JsonObject();
    json.addProperty("id", order.id());
    json.addProperty("state", stored.state().label());
    json.addProperty("customer", order.request().customer());
    JsonArray domains = new JsonArray();
    order.request().domains().forEach(domains::add);
    json.add("domains", domains);
    json.addProperty("renew", !order.request().isOnce());
    Order.Replaced replaced = order.request().replaces();
    if (replaced != null) {
      json.addProperty("replaces", replaced.order());
    }
    if (!order.ca().equals(Order.FIRST_CA)) {
      json.addProperty("ca", order.ca());
    }
    json.addProperty("created", order.created().toString());
    json.addProperty("changed", stored.changed().toString());
    time(json, "next_attempt", stored.due());
    Waiting waiting = Waiting.of(stored);
    if (waiting != null) {
      json.addProperty("waiting_for", waiting.label());
    }
    json.addProperty("attempts", order.attempts());
    Order.Placement placement = order.placement();
    time(json, "expires", placement == null ? null : placement.expires());
    Problem problem = order.problem();
    if (problem != null) {
      json.add("problem", problem(problem));
    }
    Order.Certificate certificate = order.certificate();
    if (certificate != null) {
      json.addProperty("serial", certificate.serial());
      time(json, "not_after", certificate.notAfter());
      json.addProperty("certificate", "/v1/orders/" + order.id() + "/certificate");
    }
    JsonArray authorizations = new JsonArray();
    order.authorizations().forEach(one -> authorizations.add(authorization(one)));
    json.add("authorizations", authorizations);
    return json;
  }

  private static void time(JsonObject json, String name, @Nullable Instant time) {
    if (time != null) {
      json.addProperty(name, time.toString());
    }
  }

  private static JsonObject problem(Problem problem) {
    JsonObject json = new JsonObject();
    json.addProperty("type", problem.type());
    json.addProperty("title", problem.title());
    if (problem.detail() != null) {
      json.addProperty("detail", problem.detail());
    }
    return json;
  }

  private static JsonObject authorization(Authorization one) {
    JsonObject json = new JsonObject();
    json.addProperty("domain", one.name());
    json.addProperty("status", one.status().name().toLowerCase(java.util.Locale.ROOT));
    if (one.ready() != null) {
      json.addProperty("ready", one.ready());
    }
    Authorization.CheckNote note = one.lastCheck();
    if (note != null) {
      JsonObject check = new JsonObject();
      check.addProperty("verdict", note.verdict());
      check.addProperty("summary", note.summary());
      check.addProperty("at", note.at().toString());
      check.addProperty("trace", note.trace());
      json.add("check", check);
    }
    JsonArray challenges = new JsonArray();
    one.challenges().stream()
        .filter(challenge -> SHOWN.contains(challenge.type())) // the others are never used
        .forEach(challenge -> challenges.add(challenge(one, challenge)));
    json.add("challenges", challenges);
    return json;
  }

  private static JsonObject challenge(Authorization authorization, Challenge one) {
    JsonObject json = new JsonObject();
    json.addProperty("type", one.type());
    json.addProperty("token", one.token());
    json.addProperty("key_authorization", one.keyAuthorization());
    switch (one.type()) {
      case Challenge.HTTP -> {
        json.addProperty("url", "http://" + authorization.domain() + one.httpPath());
        json.addProperty("content", one.keyAuthorization());
      }
      case Challenge.DNS -> {
        json.addProperty("record", "_acme-challenge." + authorization.domain());
        json.addProperty("value", one.dnsValue());
      }
      default -> {
        // the token and the key authorization suffice
      }
    }
    return json;
  }
}
