package io.heddle.cli;

import io.heddle.AfterFunc;
import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.ShutdownContext;
import io.heddle.local.kv.Faults;
import io.heddle.local.kv.KvServer;
import io.heddle.purge.Property;
import io.heddle.purge.Store;
import io.heddle.purge.StoreException;
import io.heddle.purge.engine.Ending;
import io.heddle.purge.engine.Observer;
import io.heddle.purge.engine.Plan;
import io.heddle.purge.engine.Progress;
import io.heddle.purge.engine.Purge;
import io.heddle.purge.engine.Selection;
import io.heddle.purge.engine.Summary;
import io.heddle.purge.report.ExitCode;
import io.heddle.purge.report.JsonReport;
import io.heddle.purge.report.Output;
import io.heddle.purge.report.Report;
import io.heddle.purge.report.TextReport;
import io.heddle.purge.report.Words;
import io.heddle.purge.stores.FastlyStore;
import io.heddle.purge.stores.Stores;
import io.heddle.terminal.Terminal;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Deletes the keys of a key-value store. */
@Command(
    name = "purge",
    customSynopsis = {
      "heddle purge STORE [--all | SELECTION] [OPTIONS]",
      "       heddle purge --demo N [OPTIONS]",
      "       heddle purge serve [OPTIONS]"
    },
    header = "Deletes the keys of a key-value store: fast, safely, and says what happened.",
    description = {
      "",
      "Lists the selected keys and deletes them with many concurrent requests. Retries temporary "
          + "failures, slows down when the store asks for it, and finally checks that nothing is "
          + "left. Asks before it deletes. Deleted keys cannot be restored.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  heddle purge --demo 100000                        see it at work",
      "  heddle purge fastly:ID --prefix img/ --dry-run    what would be deleted",
      "  heddle purge fastly:ID --prefix img/              ask, then delete",
      "  heddle purge redis://localhost/0 --all --yes      do not ask",
      "  heddle purge fastly:ID --all --checkpoint run.json",
      "  heddle purge fastly:ID --all --checkpoint run.json --resume",
      "  heddle purge fastly:ID --all --failed-keys failed.ndjson",
      "  heddle purge fastly:ID --keys-from failed.ndjson",
      "  heddle purge fastly:ID --match '*.tmp' --dry-run >keys; edit keys, and then",
      "  heddle purge fastly:ID --keys-from keys",
      "  heddle purge fastly:ID --all --yes --workers nats://broker/cleanup    on each machine",
      "",
      "With --json, each line of standard output is an object with an \"event\": start, progress, "
          + "failed, would_delete, stopping; the last is the summary, with deleted, gone, failed, skipped, "
          + "retries, left and elapsed_ms. See docs/purge.md.",
      "",
      "A key that is not printable text is written as a JSON string, in quotation marks. Arguments, "
          + "files and output are UTF-8 in every locale.",
      "",
      "On Ctrl-C, requests in progress are completed, the checkpoint is written and the summary "
          + "printed. A second Ctrl-C stops at once."
    },
    exitCodeList = {
      "0:all selected keys are gone",
      "1:an unexpected failure",
      "2:the command is wrong, or it was not confirmed",
      "3:there is no such store",
      "4:the store refused the credentials",
      "5:went through all keys, but some are left; another run may help",
      "6:stopped by --max-errors or --max-error-rate",
      "7:the store cannot be reached, its listing failed, the file of keys was refused, or a file "
          + "could not be written",
      "8:stopped by --max-delete",
      "9:no key was selected, with --error-on-empty",
      "10:stopped by --max-duration",
      "130:stopped by Ctrl-C (143: by SIGTERM)",
      "137:killed, or out of memory"
    },
    subcommands = PurgeServeCommand.class)
final class PurgeCommand extends Subcommand {
  /** How many keys are counted before asking, if the store does not know their number. */
  private static final long COUNT_MAX = 100_000;

  private static final Duration DEMO_LIST_LATENCY = Duration.ofMillis(20);
  private static final Duration DEMO_LATENCY = Duration.ofMillis(10);

  @CommandLine.Mixin private PurgeOptions options = new PurgeOptions();

  @SuppressWarnings("UnusedVariable") // its options take effect when they are parsed
  @CommandLine.Mixin
  private ObserveOptions observe = new ObserveOptions();

  @Override
  public Integer call() throws Exception {
    options.check();
    Long demo = options.demo;
    AtomicInteger status = new AtomicInteger();
    Go.run(() -> status.set(demo != null ? demo(demo) : open()));
    return status.get();
  }

  private int demo(long keys) throws Exception {
    Faults faults = new Faults().latency(DEMO_LATENCY);
    faults.add(Faults.Which.listings(), Long.MAX_VALUE, new Faults.What.Delay(DEMO_LIST_LATENCY));
    try (KvServer server = KvServer.start(0, faults, null)) {
      String id = server.createStore("demo", keys);
      try (Store store =
          new FastlyStore(
              server.uri(), id, "demo", options.pace.timeout, null, options.pace.pipeline)) {
        return purge(store, keys);
      }
    }
  }

  private int open() throws Exception {
    String address = String.valueOf(options.address);
    try (Store store = Stores.open(address, access(address))) {
      if (options.workers.address != null) {
        Stores.checkIsShared(address, access(), Stores.job(options.workers.address, access()));
      }
      String unsupported = options.selection.unsupported(store);
      if (unsupported != null) {
        throw new IllegalArgumentException(unsupported);
      }
      return options.safety.dryRun || options.safety.yes ? purge(store, 0) : confirmed(store);
    } catch (IllegalArgumentException e) {
      return fail(ExitCode.USAGE, e.getMessage());
    }
  }

  private Stores.Access access() {
    return new Stores.Access(
        Utf8.environment(),
        options.pace.timeout,
        options.selection.generation,
        options.pace.pipeline,
        options.run.noMarkers,
        options.connection.connection());
  }

  private Stores.Access access(String address) {
    return options.workers.address == null ? access() : Stores.besideJob(address, access());
  }

  private int confirmed(Store store) throws Exception {
    if (!Terminal.canAsk() || options.isReadOnce()) {
      System.err.println(
          "heddle purge: this deletes "
              + options.selection()
              + " of "
              + store.name()
              + ", and there is no terminal to confirm it on. Add --yes to delete, or --dry-run to list them.");
      return ExitCode.USAGE;
    }
    Summary counted;
    Progress progress = new Progress();
    try (ShutdownContext context = Context.untilShutdown()) {
      counted = count(store, context, progress);
      if (context.signal() != null) {
        return context.exitStatus();
      }
    }
    if (counted.ending() != Ending.COMPLETE) {
      System.err.println("heddle purge: " + counted.reason());
      return ExitCode.ofDryRun(counted, false);
    }
    long keys = counted.left().getAsLong();
    if (keys == 0) {
      System.err.println("There are no such keys: " + options.selection() + " of " + store.name());
      return options.safety.errorOnEmpty ? ExitCode.NOTHING_MATCHED : ExitCode.OK;
    }
    boolean isExact = keys <= COUNT_MAX || progress.total() == keys; // known, not counted
    double rate = Math.min(options.pace.rate, (double) store.usualRate());
    String estimate = Words.estimate(keys, !isExact, rate);
    if (!estimate.isEmpty()) {
      System.err.println(estimate);
    }
    String number = isExact ? Long.toString(keys) : "more than " + COUNT_MAX;
    System.err.print(
        "Delete "
            + options.selection()
            + " of "
            + store.name()
            + ", "
            + number
            + (keys == 1 ? " key" : " keys")
            + "? [y/N] ");
    System.err.flush();
    String answer =
        new BufferedReader(new InputStreamReader(System.in, Charset.defaultCharset())).readLine();
    if (answer == null || !answer.strip().toLowerCase(Locale.ROOT).matches("y|yes")) {
      System.err.println("Nothing was deleted.");
      return ExitCode.USAGE;
    }
    // The count of a file includes keys that earlier runs have finished.
    boolean isKnown = isExact && !(options.run.resume && options.selection.keysFrom != null);
    return purge(store, isKnown ? keys : 0);
  }

  private Summary count(Store store, Context context, Progress progress) throws Exception {
    Plan plan = options.plan(store);
    try (Report _ = counting(progress)) {
      return Purge.count(context, store, plan, progress, Observer.NONE, COUNT_MAX);
    }
  }

  /** Shows the progress of counting if standard error is a terminal. */
  private Report counting(Progress progress) {
    boolean isQuiet = options.output.quiet || options.output.json;
    return new TextReport(
        Terminal.stderr(), new Output(System.out, () -> {}), progress, 0, isQuiet, false, Set.of());
  }

  private int purge(Store store, long total) throws Exception {
    String job = options.workers.address;
    return job == null
        ? purgeAlone(store, total)
        : new PurgeWorkers(options, Stores.job(job, access()), this::report).run(store);
  }

  private int purgeAlone(Store store, long total) throws Exception {
    Progress progress = new Progress();
    Plan plan = options.plan(store);
    try (ShutdownContext shutdown = Context.untilShutdown();
        CancelContext context = shutdown.withCancel()) {
      Output lines = new Output(System.out, context::cancel);
      try (Report report = report(store, plan.selection(), progress, total, lines)) {
        boolean errorOnEmpty = options.safety.errorOnEmpty;
        if (options.safety.dryRun) {
          Summary seen = Purge.count(context, store, plan, progress, report, Long.MAX_VALUE);
          int status = ExitCode.ofDryRun(seen, errorOnEmpty);
          report.endDry(seen, status);
          return Main.status(shutdown, lines.isBroken() ? ExitCode.FATAL : status);
        }
        AfterFunc told = shutdown.afterFunc(report::stopping);
        Summary summary = Purge.run(context, store, plan, progress, report);
        told.stop();
        int status = ExitCode.of(summary, errorOnEmpty);
        report.end(summary, status);
        sayHowToGoOn(summary, progress);
        if (options.run.deleteStore && summary.isComplete()) {
          try {
            store.drop();
          } catch (StoreException e) {
            System.err.println("heddle purge: the store is not deleted: " + e.getMessage());
            return ExitCode.FATAL;
          }
        }
        return Main.status(shutdown, lines.isBroken() ? ExitCode.FATAL : status);
      }
    }
  }

  /** Prints how to resume, unless the run did not begin, as with another selection's checkpoint. */
  private void sayHowToGoOn(Summary summary, Progress progress) {
    boolean hasBegun = !progress.phase().equals(Progress.STARTING);
    Path checkpoint = options.run.checkpoint;
    if (summary.ending() != Ending.COMPLETE
        && hasBegun
        && checkpoint != null
        && Files.exists(checkpoint)) {
      String more = summary.ending() == Ending.MAX_DELETE ? " and a higher --max-delete" : "";
      System.err.println("To continue it, give the same command with --resume" + more + ".");
    }
  }

  private Report report(
      Store store, Selection selection, Progress progress, long total, Output lines) {
    boolean isDetailed = options.selection.details;
    Set<Property> wanted = isDetailed ? store.properties() : Set.of();
    if (options.output.json) {
      return new JsonReport(
          lines, progress, store.name(), selection.toString(), total, options.output.quiet, wanted);
    }
    Terminal terminal = Terminal.stderr();
    boolean colour =
        switch (options.output.color) {
          case "always" -> true;
          case "never" -> false;
          default -> terminal.hasColour();
        };
    return new TextReport(
        terminal.withColour(colour),
        lines,
        progress,
        total,
        options.output.quiet,
        options.selection.isNullSeparated && options.safety.dryRun,
        wanted);
  }
}
