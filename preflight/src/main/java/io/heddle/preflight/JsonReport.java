package io.heddle.preflight;

import com.google.gson.FieldNamingPolicy;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.heddle.preflight.OrderReport.AuthorizationReport;
import io.heddle.preflight.OrderReport.ChallengeReport;
import java.time.Duration;
import java.util.Locale;

/**
 * A report for programs. A problem with a challenge is a problem document (RFC 7807) with the type
 * that the CA would give it. Times are in milliseconds.
 */
public final class JsonReport {
  private static final Gson GSON =
      new GsonBuilder()
          .setFieldNamingPolicy(FieldNamingPolicy.LOWER_CASE_WITH_UNDERSCORES)
          .disableHtmlEscaping()
          .create();

  private JsonReport() {}

  /** The report: an object with {@code verdict}, {@code took_ms} and {@code authorizations}. */
  public static JsonObject of(OrderReport report) {
    JsonObject json = begin(report.verdict(), report.took());
    JsonArray authorizations = new JsonArray();
    report.authorizations().forEach(one -> authorizations.add(of(one)));
    json.add("authorizations", authorizations);
    return json;
  }

  /**
   * The report on an authorization: {@code domain}, {@code verdict}, {@code took_ms} and {@code
   * challenges}.
   */
  public static JsonObject of(AuthorizationReport report) {
    JsonObject json = begin(report.verdict(), report.took());
    json.addProperty("domain", report.domain());
    JsonArray challenges = new JsonArray();
    report.challenges().forEach(one -> challenges.add(of(one)));
    json.add("challenges", challenges);
    return json;
  }

  private static JsonObject of(ChallengeReport report) {
    CheckResult outcome = report.outcome();
    JsonObject json = begin(outcome.verdict(), report.took());
    json.addProperty("type", report.type());
    json.addProperty("detail", outcome.detail());
    if (outcome.problem() != null) {
      JsonObject problem = new JsonObject();
      problem.addProperty("type", outcome.problem().urn());
      problem.addProperty("detail", outcome.detail());
      json.add("problem", problem);
    }
    JsonArray trace = new JsonArray();
    report.trace().forEach(entry -> trace.add(of(entry)));
    json.add("trace", trace);
    return json;
  }

  private static JsonObject of(Trace.Entry entry) {
    JsonObject json = new JsonObject();
    json.addProperty("at_ms", millis(entry.at()));
    json.addProperty("took_ms", millis(entry.took()));
    json.addProperty("step", entry.step().getClass().getSimpleName().toLowerCase(Locale.ROOT));
    GSON.toJsonTree(entry.step()).getAsJsonObject().asMap().forEach(json::add);
    return json;
  }

  private static JsonObject begin(Verdict verdict, Duration took) {
    JsonObject json = new JsonObject();
    json.addProperty("verdict", verdict.name().toLowerCase(Locale.ROOT));
    json.addProperty("took_ms", millis(took));
    return json;
  }

  private static double millis(Duration time) {
    return Math.round(time.toNanos() / 1e3) / 1e3;
  }
}
