package io.heddle.purge.report;

import com.google.gson.JsonObject;
import io.heddle.purge.Details;
import io.heddle.purge.Outcome;
import io.heddle.purge.Property;
import io.heddle.purge.engine.Progress;
import io.heddle.purge.engine.Summary;
import io.heddle.purge.keys.KeyBytes;
import io.heddle.purge.keys.KeyJson;
import io.heddle.purge.keys.KeyLine;
import io.heddle.terminal.Spinner;
import io.heddle.terminal.Terminal;
import java.io.PrintStream;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * For people: progress on standard error, in a line that is redrawn where that is possible; the
 * first failures as they happen; keys of a dry run on standard output.
 */
public final class TextReport implements Report {
  private static final int FAILURES_SHOWN = 10;

  private final @Nullable Spinner spinner;
  private final Output out;
  private final PrintStream err;
  private final boolean isNullSeparated;
  private final Set<Property> wanted;
  private int failures;

  /**
   * Starts to show progress, in the caller's program.
   *
   * @param out the stream for the keys of a dry run
   * @param total the number of keys, 0 if unknown
   * @param isQuiet whether to show only the summary
   * @param isNullSeparated whether to print keys as bytes, with a NUL after each, instead of lines
   * @param wanted the properties of keys to print in a dry run, with each key in a JSON object;
   *     empty to print only the keys
   */
  public TextReport(
      Terminal terminal,
      Output out,
      Progress progress,
      long total,
      boolean isQuiet,
      boolean isNullSeparated,
      Set<Property> wanted) {
    this.out = out;
    this.wanted = wanted;
    this.isNullSeparated = isNullSeparated;
    this.err = terminal.out();
    Rate rate = new Rate();
    this.spinner =
        isQuiet
            ? null
            : Spinner.start(
                terminal, () -> Words.progress(progress, rate.at(progress.doneHere()), total));
  }

  @Override
  public void failed(String key, Outcome.Failed outcome) {
    if (spinner != null && failures <= FAILURES_SHOWN) {
      spinner.log(
          failures++ < FAILURES_SHOWN
              ? "failed: " + Words.key(key) + Words.line(": " + outcome.cause().getMessage())
              : "more failures are only counted");
    }
  }

  @Override
  public Set<Property> wanted() {
    return wanted;
  }

  @Override
  public void wouldDelete(String key, Details details) {
    if (!wanted.isEmpty()) {
      JsonObject line = new JsonObject();
      KeyJson.add(line, key);
      DetailsJson.add(line, details);
      out.line(KeyJson.line(line));
    } else if (!isNullSeparated) {
      out.line(KeyLine.of(key));
    } else if (key.isEmpty() || key.indexOf('\0') >= 0 || !KeyBytes.isText(key)) {
      err.println("heddle purge: --null cannot print the key " + Words.key(key) + ": use --json");
      out.fail();
    } else {
      out.write(KeyBytes.of(key + '\0'));
    }
  }

  @Override
  public void stopping() {
    if (spinner != null) {
      spinner.log("stopping: requests that are under way may end; once more, and it ends at once");
    }
  }

  @Override
  public void end(Summary summary, int status) {
    end(Words.summary(summary), status);
  }

  @Override
  public void endDry(Summary summary, int status) {
    end(Words.dryRun(summary), status);
  }

  @Override
  public void endPart(String part, Summary summary, int status) {
    List<String> lines = Words.summary(summary);
    lines.set(0, part + ": " + lines.getFirst());
    end(lines, status);
  }

  private void end(List<String> summary, int status) {
    if (status == ExitCode.NOTHING_MATCHED) {
      summary.set(0, "no key was selected");
    }
    boolean isGood = status == ExitCode.OK;
    Iterator<String> lines = summary.stream().map(Words::line).iterator();
    if (spinner == null) {
      err.println(lines.next());
    } else if (isGood) {
      spinner.stop(lines.next());
    } else {
      spinner.stopFail(lines.next());
    }
    lines.forEachRemaining(line -> err.println("  " + line));
  }

  @Override
  public void close() {
    if (spinner != null) {
      spinner.close();
    }
  }
}
