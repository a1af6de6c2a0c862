package io.heddle.cli;

import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.ContextException;
import io.heddle.ShutdownContext;
import io.heddle.purge.Store;
import io.heddle.purge.StoreException;
import io.heddle.purge.engine.Observer;
import io.heddle.purge.engine.Progress;
import io.heddle.purge.engine.Selection;
import io.heddle.purge.engine.Summary;
import io.heddle.purge.report.ExitCode;
import io.heddle.purge.report.JobReport;
import io.heddle.purge.report.Output;
import io.heddle.purge.report.Report;
import io.heddle.purge.stores.Stores;
import io.heddle.purge.workers.JobSummary;
import io.heddle.purge.workers.Workers;
import io.heddle.purge.workers.WorkersListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A process of {@code heddle purge --workers}: works on a job together with others. */
final class PurgeWorkers {
  /** How many parts a large store is divided into. */
  private static final int PARTS = 64;

  private static final Path HOST_NAME = Path.of("/proc/sys/kernel/hostname");

  private final PurgeOptions options;
  private final Stores.JobAddress job;
  private final Reports reports;

  @FunctionalInterface
  interface Reports {
    Report begin(Store store, Selection selection, Progress progress, long total, Output lines);
  }

  PurgeWorkers(PurgeOptions options, Stores.JobAddress job, Reports reports) {
    this.options = options;
    this.job = job;
    this.reports = reports;
  }

  int run(Store store) throws InterruptedException {
    try (ShutdownContext shutdown = Context.untilShutdown();
        CancelContext context = shutdown.withCancel()) {
      Output lines = new Output(System.out, context::cancel);
      int status;
      try (Parts parts = new Parts(store, lines)) {
        var told = shutdown.afterFunc(parts::stopping);
        status = work(store, context, parts, lines);
        told.stop();
      }
      return Main.status(shutdown, lines.isBroken() ? ExitCode.FATAL : status);
    }
  }

  private int work(Store store, Context context, Parts parts, Output lines)
      throws InterruptedException {
    Workers.Settings settings =
        new Workers.Settings(
            job.servers(), job.job(), name(), options.workers.lease, PARTS, storeOptions());
    try {
      JobSummary summary = Workers.run(context, store, options.plan(store), settings, parts);
      if (options.output.json) {
        JobReport.json(lines, summary);
      } else {
        JobReport.text(System.err, summary, job.job());
      }
      return ExitCode.of(summary, options.safety.errorOnEmpty);
    } catch (ContextException e) { // before it has joined the job
      return ExitCode.CANCELLED;
    } catch (StoreException e) {
      System.err.println("heddle purge: " + e.getMessage());
      return switch (e.kind()) {
        case UNAUTHORISED, FORBIDDEN -> ExitCode.UNAUTHORISED;
        case NOT_FOUND -> ExitCode.STORE_NOT_FOUND;
        default -> ExitCode.FATAL;
      };
    }
  }

  private String storeOptions() {
    List<String> given = new ArrayList<>();
    if (options.selection.generation != null) {
      given.add("--if-generation-match " + options.selection.generation);
    }
    if (options.run.noMarkers) {
      given.add("--no-markers");
    }
    return String.join(" ", given);
  }

  /** The host and the number of this process. */
  private static String name() {
    String host = "";
    try {
      host = Files.readString(HOST_NAME).strip() + "-";
    } catch (IOException e) {
      // not Linux: the number is good enough
    }
    return host + ProcessHandle.current().pid();
  }

  /** Reports each part like a run of its own. */
  private final class Parts implements WorkersListener, AutoCloseable {
    private final Store store;
    private final Output lines;
    private volatile @Nullable Report report;

    Parts(Store store, Output lines) {
      this.store = store;
      this.lines = lines;
    }

    @Override
    public void continues(String what) {
      System.err.println("heddle purge: continues " + what);
    }

    @Override
    public Observer begins(String part, Selection selection, Progress progress) {
      Report begun = reports.begin(store, selection, progress, 0, lines);
      report = begun;
      return begun;
    }

    @Override
    public void ends(String part, @Nullable Summary summary) {
      Report begun = report;
      report = null;
      if (begun != null && summary != null) {
        begun.endPart(part, summary, ExitCode.of(summary, false));
      } else if (begun != null) {
        begun.close();
        System.err.println("heddle purge: another process has taken over " + part);
      }
    }

    void stopping() {
      Report begun = report;
      if (begun != null) {
        begun.stopping();
      }
    }

    @Override
    public void close() {
      Report begun = report;
      if (begun != null) {
        begun.close();
      }
    }
  }
}
