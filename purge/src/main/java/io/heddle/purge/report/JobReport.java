package io.heddle.purge.report;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.heddle.purge.engine.Summary;
import io.heddle.purge.keys.KeyJson;
import io.heddle.purge.workers.JobSummary;
import java.io.PrintStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reports the result of a job of several processes: the sums, and each part that has failures. */
public final class JobReport {
  private JobReport() {}

  /** For programs: a summary, with a list of the parts. */
  public static void json(Output out, JobSummary job) {
    JsonObject event = JsonReport.event("summary");
    JsonReport.add(event, job.total());
    JsonArray parts = new JsonArray();
    for (JobSummary.PartSummary part : job.parts()) {
      JsonObject one = new JsonObject();
      one.addProperty("part", part.name());
      if (part.summary() != null) {
        one.addProperty("worker", part.worker());
        JsonReport.add(one, part.summary());
      }
      parts.add(one);
    }
    event.add("parts", parts);
    out.line(KeyJson.line(event));
  }

  /** For people. */
  public static void text(PrintStream err, JobSummary job, String name) {
    List<String> lines = Words.summary(job.total());
    err.println(Words.line("job " + name + ": " + lines.removeFirst()));
    lines.forEach(line -> err.println("  " + Words.line(line)));
    long open = job.parts().stream().filter(part -> part.summary() == null).count();
    if (open > 0) {
      err.println("  parts that have not ended: " + open + " of " + job.parts().size());
    }
    for (JobSummary.PartSummary part : job.parts()) {
      String line = failures(part);
      if (line != null) {
        err.println("  " + Words.line(line));
      }
    }
  }

  private static @Nullable String failures(JobSummary.PartSummary part) {
    Summary summary = part.summary();
    if (summary == null || summary.failed() == 0) {
      return null;
    }
    return part.name()
        + ": failed to delete "
        + Words.keys(summary.failed())
        + " ("
        + Words.errors(summary.errors())
        + "), see the file of failed keys of "
        + part.worker();
  }
}
