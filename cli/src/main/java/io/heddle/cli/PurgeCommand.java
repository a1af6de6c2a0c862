package io.heddle.cli;

import io.heddle.AfterFunc;
import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.ShutdownContext;
import io.heddle.purge.Store;
import io.heddle.purge.StoreException;
import io.heddle.purge.engine.Ending;
import io.heddle.purge.engine.KeyPattern;
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
import io.heddle.purge.server.Faults;
import io.heddle.purge.server.KvServer;
import io.heddle.purge.stores.FastlyStore;
import io.heddle.purge.stores.Stores;
import io.heddle.terminal.Terminal;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

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
    exitCodeListHeading = "%nExit codes:%n",
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
      "130:stopped by Ctrl-C (143: by SIGTERM)"
    },
    subcommands = PurgeServeCommand.class,
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class)
final class PurgeCommand implements Callable<Integer> {
  /** How many keys are counted before asking, if the store cannot tell. */
  private static final long COUNT_MAX = 100_000;

  private static final Duration TIMEOUT_MAX = Duration.ofHours(24);

  private static final long DEMO_MAX = 1_000_000;
  private static final Duration DEMO_LIST_LATENCY = Duration.ofMillis(20);
  private static final Duration DEMO_LATENCY = Duration.ofMillis(10);

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Parameters(
      paramLabel = "STORE",
      arity = "0..1",
      description = {
        "fastly:ID  a KV store; token in FASTLY_API_TOKEN, another server in FASTLY_API_ENDPOINT",
        "redis://[USER@]HOST:PORT/DB  also rediss, valkey, redis-cluster; password in "
            + "REDIS_PASSWORD",
        "etcd://HOST:PORT  password in ETCD_PASSWORD, user in ETCD_USER",
        "nats://HOST:PORT/BUCKET  a KV bucket; token in NATS_TOKEN"
      })
  private @Nullable String address;

  @Option(
      names = "--demo",
      paramLabel = "N",
      description = "Create N keys on a local server that has some latency, and delete them.")
  private @Nullable Long demo;

  @ArgGroup(
      validate = false,
      heading = "%nWhich keys (--all, --prefix, --match or --keys-from is needed):%n")
  private SelectionOptions selection = new SelectionOptions();

  private static final class SelectionOptions {
    @Option(names = "--all", description = "All keys of the store.")
    private boolean all;

    @Option(names = "--prefix", paramLabel = "TEXT", description = "Keys that begin with this.")
    private String prefix = "";

    @Option(
        names = "--match",
        paramLabel = "PATTERN",
        description =
            "Keys that match: a glob (* ? [a-z], * also matches /), or a regular expression "
                + "between slashes. If repeated, one of them must match.")
    private List<String> match = List.of();

    @Option(
        names = "--exclude",
        paramLabel = "PATTERN",
        description = "Not these keys. May be repeated.")
    private List<String> exclude = List.of();

    @Option(
        names = "--keys-from",
        paramLabel = "FILE",
        description =
            "The keys of a file, as --dry-run, --json and --failed-keys write them: a line is a key,"
                + " a JSON string, or an object with a \"key\". - is standard input. The file is"
                + " read to its end before anything is deleted.")
    private @Nullable Path keysFrom;

    @Option(
        names = {"-0", "--null"},
        description =
            "Keys are raw bytes, each followed by a NUL: in the file of --keys-from, and in the "
                + "output of --dry-run.")
    private boolean isNullSeparated;

    @Option(
        names = "--if-generation-match",
        paramLabel = "N",
        description = "Delete a key only if it has this generation (fastly, with --keys-from).")
    private @Nullable Long generation;
  }

  @ArgGroup(validate = false, heading = "%nSafety:%n")
  private SafetyOptions safety = new SafetyOptions();

  private static final class SafetyOptions {
    @Option(
        names = "--dry-run",
        description = "Print the selected keys, in the format of --keys-from, and delete none.")
    private boolean dryRun;

    @Option(
        names = {"-y", "--yes"},
        description = "Do not ask for confirmation. Required if there is no terminal.")
    private boolean yes;

    @Option(
        names = "--max-delete",
        paramLabel = "N",
        description =
            "Stop after trying to delete this many keys; with --resume, in all runs together.")
    private @Nullable Long maxDelete;

    @Option(
        names = "--max-errors",
        paramLabel = "N",
        description = "Stop when more keys than this could not be deleted (${DEFAULT-VALUE}).")
    private long maxErrors = 100;

    @Option(
        names = "--max-error-rate",
        paramLabel = "PART",
        description = "Stop when more than this fraction of the keys failed: 0.05 for a twentieth.")
    private double maxErrorRate = 1;

    @Option(
        names = "--keep-going",
        description = "Never stop because of keys that could not be deleted.")
    private boolean keepGoing;

    @Option(
        names = "--max-duration",
        paramLabel = "TIME",
        converter = DurationConverter.class,
        description = "Stop after this time: 90s, 10m, 2h.")
    private @Nullable Duration maxDuration;

    @Option(names = "--error-on-empty", description = "Fail if no key is selected.")
    private boolean errorOnEmpty;
  }

  @ArgGroup(validate = false, heading = "%nPace:%n")
  private PaceOptions pace = new PaceOptions();

  private static final class PaceOptions {
    @Option(
        names = {"-c", "--concurrency"},
        paramLabel = "N",
        description =
            "Maximum number of connections (100; 8 for redis and etcd). Fewer are used while the "
                + "store is overloaded.")
    private @Nullable Integer max;

    @Option(
        names = "--min-concurrency",
        paramLabel = "N",
        description = "Minimum number of concurrent requests (${DEFAULT-VALUE}).")
    private int min = 1;

    @Option(names = "--rate", paramLabel = "N", description = "Maximum number of keys per second.")
    private double rate = Double.POSITIVE_INFINITY;

    @Option(
        names = "--burst",
        paramLabel = "N",
        description = "With --rate: maximum burst, in keys, after a pause (${DEFAULT-VALUE}).")
    private long burst = 100;

    @Option(
        names = "--page",
        paramLabel = "N",
        description = "Keys per listing request (${DEFAULT-VALUE}).")
    private int page = 1000;

    @Option(
        names = "--batch",
        paramLabel = "N",
        description = "Keys per deletion request, if the store supports it (${DEFAULT-VALUE}).")
    private int batch = 500;

    @Option(
        names = "--pipeline",
        paramLabel = "N",
        description =
            "Requests to send ahead on each connection (fastly, ${DEFAULT-VALUE}); 1 waits for "
                + "each answer.")
    private int pipeline = 4;

    @Option(
        names = "--attempts",
        paramLabel = "N",
        description =
            "Maximum number of attempts for a request (${DEFAULT-VALUE}). Refusals that say when to "
                + "retry do not count; --max-duration limits them.")
    private int attempts = 8;

    @Option(
        names = "--timeout",
        paramLabel = "TIME",
        converter = DurationConverter.class,
        description = "Wait up to this long for a response (30s).")
    private Duration timeout = Duration.ofSeconds(30);
  }

  @ArgGroup(validate = false, heading = "%nLong runs:%n")
  private RunOptions run = new RunOptions();

  private static final class RunOptions {
    @Option(
        names = "--checkpoint",
        paramLabel = "FILE",
        description =
            "Save the run's progress in this file every second; it is deleted at the end. An "
                + "existing file is overwritten, unless --resume is given.")
    private @Nullable Path checkpoint;

    @Option(names = "--resume", description = "Continue from the checkpoint, if there is one.")
    private boolean resume;

    @Option(
        names = "--failed-keys",
        paramLabel = "FILE",
        description =
            "Write the keys that could not be deleted, with the reasons, one JSON object per "
                + "line. An existing file is overwritten, unless --resume is given.")
    private @Nullable Path failedKeys;

    @Option(
        names = "--passes",
        paramLabel = "N",
        description = "List and delete up to N times, until no key is left (${DEFAULT-VALUE}).")
    private int passes = 1;

    @Option(
        names = "--verify",
        negatable = true,
        defaultValue = "true",
        fallbackValue = "true",
        description =
            "At the end, list the store again to see what is left (default); --no-verify skips "
                + "it.")
    private boolean verify;

    @Option(
        names = "--delete-store",
        description = "With --all: then delete the store itself (fastly).")
    private boolean deleteStore;
  }

  @ArgGroup(validate = false, heading = "%nOutput:%n")
  private OutputOptions output = new OutputOptions();

  private static final class OutputOptions {
    @Option(names = "--json", description = "Write JSON objects to standard output, one per line.")
    private boolean json;

    @Option(
        names = {"-q", "--quiet"},
        description = "No progress, only the summary.")
    private boolean quiet;

    @Option(
        names = "--color",
        paramLabel = "WHEN",
        description = "always, never or auto; NO_COLOR is heeded with auto.")
    private String color = "auto";
  }

  @Override
  public Integer call() throws Exception {
    check();
    AtomicInteger status = new AtomicInteger();
    Go.run(() -> status.set(demo != null ? demo(demo) : open()));
    return status.get();
  }

  private void check() {
    if (demo == null && address == null) {
      throw usageError("name a STORE, or use --demo N");
    }
    if (demo != null && address != null) {
      throw usageError(
          "--demo N has a store of its own: leave it or " + Stores.shown(address) + " out");
    }
    if (demo != null && (demo < 1 || demo > DEMO_MAX)) {
      throw usageError(
          "--demo " + demo + " is no number of keys to keep in memory: from 1 to " + DEMO_MAX);
    }
    boolean selects =
        !selection.prefix.isEmpty() || !selection.match.isEmpty() || selection.keysFrom != null;
    if (address != null && !selects && !selection.all) {
      throw usageError(
          "say which keys of "
              + Stores.shown(address)
              + ": --all, --prefix, --match or --keys-from");
    }
    if (selection.all && selects) {
      throw usageError("--all goes without --prefix, --match and --keys-from");
    }
    if (selection.generation != null && selection.keysFrom == null) {
      throw usageError("--if-generation-match goes with --keys-from: a generation is one key's");
    }
    if (run.deleteStore && (!selection.all || !selection.exclude.isEmpty())) {
      throw usageError("--delete-store needs --all, and nothing excluded");
    }
    if (run.deleteStore && address != null && !address.startsWith("fastly:")) {
      throw usageError("--delete-store is for fastly:ID, not for " + Stores.shown(address));
    }
    checkNamed("--keys-from", selection.keysFrom);
    checkNamed("--checkpoint", run.checkpoint);
    checkNamed("--failed-keys", run.failedKeys);
    checkOfOwn("--failed-keys", run.failedKeys, "--keys-from", selection.keysFrom);
    checkOfOwn("--checkpoint", run.checkpoint, "--keys-from", selection.keysFrom);
    checkOfOwn("--checkpoint", run.checkpoint, "--failed-keys", run.failedKeys);
    if (run.resume && run.checkpoint == null) {
      throw usageError("--resume needs the --checkpoint FILE");
    }
    if (run.resume && isReadOnce()) {
      throw usageError("--resume needs a file, it cannot read standard input or a pipe twice");
    }
    if (selection.isNullSeparated && selection.keysFrom == null && !safety.dryRun) {
      throw usageError("--null goes with --keys-from or --dry-run");
    }
    if ((pace.max != null && pace.max < 1)
        || pace.min < 1
        || pace.batch < 1
        || pace.page < 1
        || pace.attempts < 1
        || pace.pipeline < 1) {
      throw usageError("concurrency, batch, page, pipeline and attempts are at least 1");
    }
    if (!(pace.rate > 0) || pace.burst < 1 || run.passes < 1 || !pace.timeout.isPositive()) {
      throw usageError("rate, burst, passes and timeout are positive");
    }
    if (pace.timeout.compareTo(TIMEOUT_MAX) > 0) {
      throw usageError("--timeout is no more than " + TIMEOUT_MAX.toHours() + "h");
    }
    if (safety.maxErrors < 0 || (safety.maxDelete != null && safety.maxDelete < 0)) {
      throw usageError("--max-errors and --max-delete are no less than 0");
    }
    if (!(safety.maxErrorRate >= 0 && safety.maxErrorRate <= 1)) {
      throw usageError("--max-error-rate is a part, from 0 to 1: 0.05 for a twentieth");
    }
    if (safety.maxDuration != null && !safety.maxDuration.isPositive()) {
      throw usageError("--max-duration is positive");
    }
    var _ = selection(); // the patterns
    if (!List.of("always", "never", "auto").contains(output.color)) {
      throw usageError("--color is always, never or auto");
    }
  }

  /** Whether the keys come from standard input or a pipe, which cannot be counted first. */
  private boolean isReadOnce() {
    Path file = selection.keysFrom;
    return file != null
        && (file.equals(Selection.STDIN) || (Files.exists(file) && !Files.isRegularFile(file)));
  }

  /** As by a variable of a script that is not set. */
  private void checkNamed(String option, @Nullable Path file) {
    if (file != null && file.toString().isEmpty()) {
      throw usageError(option + " has an empty file name");
    }
  }

  /** A file that a run writes must be no other file of it, whatever names they go by. */
  private void checkOfOwn(
      String option, @Nullable Path written, String otherOption, @Nullable Path other) {
    if (written != null && other != null && isSame(written, other)) {
      throw usageError(option + " would overwrite the file of " + otherOption + ": name another");
    }
  }

  private static boolean isSame(Path one, Path other) {
    try {
      return Files.isSameFile(one, other);
    } catch (IOException e) { // one of them is not there
      return one.toAbsolutePath().normalize().equals(other.toAbsolutePath().normalize());
    }
  }

  private int demo(long keys) throws Exception {
    Faults faults = new Faults().latency(DEMO_LATENCY);
    faults.add(Faults.Which.listings(), Long.MAX_VALUE, new Faults.What.Delay(DEMO_LIST_LATENCY));
    try (KvServer server = KvServer.start(0, faults, null)) {
      String id = server.createStore("demo", keys);
      try (Store store =
          new FastlyStore(server.uri(), id, "demo", pace.timeout, null, pace.pipeline)) {
        return purge(store, keys);
      }
    }
  }

  private int open() throws Exception {
    try (Store store =
        Stores.open(
            String.valueOf(address),
            new Stores.Access(
                Utf8.environment(), pace.timeout, selection.generation, pace.pipeline))) {
      return safety.dryRun || safety.yes ? purge(store, 0) : confirmed(store);
    } catch (IllegalArgumentException e) {
      spec.commandLine().getErr().println("heddle purge: " + e.getMessage());
      return ExitCode.USAGE;
    }
  }

  private int confirmed(Store store) throws Exception {
    if (!Terminal.canAsk() || isReadOnce()) {
      System.err.println(
          "heddle purge: this deletes "
              + selection()
              + " of "
              + store.name()
              + ", and there is nobody to ask: add --yes if you mean it, or --dry-run to see them");
      return ExitCode.USAGE;
    }
    Summary counted;
    try (ShutdownContext context = Context.untilShutdown()) {
      counted = count(store, context);
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
      System.err.println("There are no such keys: " + selection() + " of " + store.name());
      return safety.errorOnEmpty ? ExitCode.NOTHING_MATCHED : ExitCode.OK;
    }
    String number = (keys > COUNT_MAX ? "more than " : "") + Math.min(keys, COUNT_MAX);
    System.err.print(
        "Delete " + selection() + " of " + store.name() + ", " + number + " keys? [y/N] ");
    System.err.flush();
    String answer =
        new BufferedReader(new InputStreamReader(System.in, Charset.defaultCharset())).readLine();
    if (answer == null || !answer.strip().toLowerCase(Locale.ROOT).matches("y|yes")) {
      System.err.println("Nothing was deleted.");
      return ExitCode.USAGE;
    }
    // Of the keys of a file, those are counted, too, that earlier runs are done with.
    boolean isKnown = keys <= COUNT_MAX && !(run.resume && selection.keysFrom != null);
    return purge(store, isKnown ? keys : 0);
  }

  private Summary count(Store store, Context context) throws Exception {
    Plan plan = plan(store);
    Progress progress = new Progress();
    try (Report _ = counting(progress)) {
      return Purge.count(context, store, plan, progress, Observer.NONE, COUNT_MAX);
    }
  }

  /** Shows how far the counting is, where somebody looks. */
  private Report counting(Progress progress) {
    boolean isQuiet = output.quiet || output.json;
    return new TextReport(
        Terminal.stderr(), new Output(System.out, () -> {}), progress, 0, isQuiet, false);
  }

  private int purge(Store store, long total) throws Exception {
    Progress progress = new Progress();
    Plan plan = plan(store);
    try (ShutdownContext shutdown = Context.untilShutdown();
        CancelContext context = shutdown.withCancel()) {
      Output lines = new Output(System.out, context::cancel);
      try (Report report = report(store, plan, progress, total, lines)) {
        if (safety.dryRun) {
          Summary seen = Purge.count(context, store, plan, progress, report, Long.MAX_VALUE);
          report.endDry(seen);
          return Main.status(shutdown, status(ExitCode.ofDryRun(seen, safety.errorOnEmpty), lines));
        }
        AfterFunc told = shutdown.afterFunc(report::stopping);
        Summary summary = Purge.run(context, store, plan, progress, report);
        told.stop();
        report.end(summary);
        sayHowToGoOn(summary);
        if (run.deleteStore && summary.isComplete()) {
          try {
            store.drop();
          } catch (StoreException e) {
            System.err.println("heddle purge: the store is not deleted: " + e.getMessage());
            return ExitCode.FATAL;
          }
        }
        return Main.status(shutdown, status(ExitCode.of(summary, safety.errorOnEmpty), lines));
      }
    }
  }

  private void sayHowToGoOn(Summary summary) {
    boolean wasCutShort =
        switch (summary.ending()) {
          case CANCELLED, MAX_DURATION, MAX_ERRORS -> true;
          case COMPLETE, MAX_DELETE, STORE_NOT_FOUND, UNAUTHORISED, FATAL -> false;
        };
    if (wasCutShort && run.checkpoint != null && Files.exists(run.checkpoint)) {
      System.err.println("To go on with it, give the same command with --resume.");
    }
  }

  private static int status(int status, Output lines) {
    if (lines.isBroken()) {
      return ExitCode.FATAL;
    }
    if (status == ExitCode.NOTHING_MATCHED) {
      System.err.println("heddle purge: no key was selected");
    }
    return status;
  }

  private Report report(Store store, Plan plan, Progress progress, long total, Output lines) {
    if (output.json) {
      String keys = plan.selection().toString();
      return new JsonReport(lines, progress, store.name(), keys, total, output.quiet);
    }
    Terminal terminal = Terminal.stderr();
    boolean colour =
        switch (output.color) {
          case "always" -> true;
          case "never" -> false;
          default -> terminal.hasColour();
        };
    return new TextReport(
        terminal.withColour(colour),
        lines,
        progress,
        total,
        output.quiet,
        selection.isNullSeparated && safety.dryRun);
  }

  private Plan plan(Store store) {
    int max = pace.max != null ? pace.max : store.concurrency();
    return Plan.DEFAULT
        .with(selection())
        .with(new Plan.Pace(Math.min(pace.min, max), max, pace.rate, pace.burst))
        .with(new Plan.Sizes(pace.page, pace.batch))
        .with(new Plan.Retry(pace.attempts, Duration.ofMillis(100), Duration.ofSeconds(60)))
        .with(
            new Plan.Limits(
                safety.keepGoing ? -1 : safety.maxErrors,
                safety.maxErrorRate,
                safety.maxDelete == null ? -1 : safety.maxDelete,
                safety.maxDuration,
                Plan.Limits.NONE.drain()))
        .with(new Plan.Passes(run.passes, run.verify))
        .with(new Plan.Files(run.failedKeys, run.checkpoint, run.resume));
  }

  private Selection selection() {
    return new Selection(
        selection.prefix,
        patterns(selection.match),
        patterns(selection.exclude),
        selection.keysFrom,
        selection.isNullSeparated);
  }

  private List<KeyPattern> patterns(List<String> texts) {
    List<KeyPattern> patterns = new ArrayList<>();
    for (String text : texts) {
      try {
        boolean isRegex = text.length() > 1 && text.startsWith("/") && text.endsWith("/");
        patterns.add(
            isRegex
                ? KeyPattern.ofRegex(text.substring(1, text.length() - 1))
                : KeyPattern.ofGlob(text));
      } catch (PatternSyntaxException e) {
        throw usageError("'" + text + "' is no pattern: " + e.getDescription());
      }
    }
    return patterns;
  }

  private CommandLine.ParameterException usageError(String message) {
    return new CommandLine.ParameterException(spec.commandLine(), message);
  }
}
