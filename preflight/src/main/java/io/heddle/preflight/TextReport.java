package io.heddle.preflight;

import io.heddle.preflight.OrderReport.AuthorizationReport;
import io.heddle.preflight.OrderReport.ChallengeReport;
import java.time.Duration;
import java.util.Locale;

/** A report for people. */
public final class TextReport {
  private TextReport() {}

  /**
   * The report: a line for each domain, one for each challenge, and below it the steps.
   *
   * @param isTraced whether to include the steps of challenges that are ready; warnings are always
   *     included
   */
  public static String of(OrderReport report, boolean isTraced) {
    StringBuilder text = new StringBuilder();
    for (AuthorizationReport authorization : report.authorizations()) {
      text.append(authorization.domain())
          .append(": ")
          .append(words(authorization.verdict()))
          .append(" (")
          .append(time(authorization.took()))
          .append(")\n");
      for (ChallengeReport challenge : authorization.challenges()) {
        add(text, challenge, isTraced);
      }
    }
    return text.toString();
  }

  private static void add(StringBuilder text, ChallengeReport challenge, boolean isTraced) {
    CheckResult outcome = challenge.outcome();
    text.append("  %-12s %s: ".formatted(challenge.type(), words(outcome.verdict())))
        .append(outcome.detail())
        .append('\n');
    boolean isReady = outcome.verdict() == Verdict.READY;
    for (Trace.Entry entry : challenge.trace()) {
      boolean isWarning = entry.step() instanceof TraceStep.Warning;
      if (isTraced || isWarning || !isReady) {
        text.append("    %9s  ".formatted(time(entry.at())))
            .append(isWarning ? "warning: " : "")
            .append(entry.step().text())
            .append(entry.took().toMillis() == 0 ? "" : ", " + time(entry.took()))
            .append('\n');
      }
    }
  }

  private static String words(Verdict verdict) {
    return switch (verdict) {
      case READY -> "ready";
      case NOT_YET -> "NOT YET";
      case WILL_FAIL -> "WILL FAIL";
      case UNKNOWN -> "unknown";
    };
  }

  private static String time(Duration time) {
    return String.format(Locale.ROOT, "%.3f s", time.toNanos() / 1e9);
  }
}
