package io.heddle.cli;

import io.heddle.purge.Store;
import io.heddle.purge.engine.Plan;
import io.heddle.purge.engine.Selection;
import io.heddle.purge.stores.Stores;
import io.heddle.purge.stores.Tls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The options of {@code heddle purge}, the checks of their combinations, and the plan. */
final class PurgeOptions {
  private static final Duration TIMEOUT_MAX = Duration.ofHours(24);

  /** Each process writes several times in this time. */
  private static final Duration LEASE_MIN = Duration.ofSeconds(2);

  private static final long DEMO_MAX = 1_000_000;

  /** The instant as of which the ages of keys are judged: counting and deleting mean the same. */
  private final Instant begun = Instant.now();

  /** Every connection uses a goroutine and a socket. */
  private static final int CONCURRENCY_MAX = 10_000;

  /** A page and a batch are kept in memory. */
  private static final int KEYS_MAX = 100_000;

  private static final int PIPELINE_MAX = 1000;
  private static final int ATTEMPTS_MAX = 1_000_000;

  private static final Path STDOUT = Path.of("/dev/stdout");
  private static final Path STDERR = Path.of("/dev/stderr");

  @CommandLine.Spec(CommandLine.Spec.Target.MIXEE)
  private CommandLine.Model.CommandSpec spec;

  @Parameters(
      paramLabel = "STORE",
      arity = "0..1",
      description = {
        "fastly:ID  a KV store; token in FASTLY_API_TOKEN, another server in FASTLY_API_ENDPOINT",
        "cloudflare:ACCOUNT/NAMESPACE  a KV namespace; token in CLOUDFLARE_API_TOKEN",
        "redis://[USER@]HOST:PORT/DB  also valkey; password in REDIS_PASSWORD",
        "redis-cluster://HOST:PORT,…",
        "redis-sentinel://HOST:PORT,…/MASTER/DB  password in REDIS_SENTINEL_PASSWORD, too",
        "redis+unix:///SOCKET?db=N",
        "etcd://HOST:PORT,…  password in ETCD_PASSWORD, user in ETCD_USER",
        "nats://HOST:PORT,…/BUCKET  a KV bucket; token in NATS_TOKEN, or --creds",
        "With TLS: rediss, rediss-cluster, rediss-sentinel, etcds, natss"
      })
  @Nullable String address;

  @Option(
      names = "--demo",
      paramLabel = "N",
      description = "Create N keys on a local server that has some latency, and delete them.")
  @Nullable Long demo;

  @ArgGroup(
      validate = false,
      heading = "%nWhich keys (--all, --prefix, --match or --keys-from is needed):%n")
  PurgeSelectionOptions selection = new PurgeSelectionOptions();

  @ArgGroup(validate = false, heading = "%nSafety:%n")
  SafetyOptions safety = new SafetyOptions();

  static final class SafetyOptions {
    @Option(
        names = "--dry-run",
        description = "Print the selected keys, in the format of --keys-from, and delete none.")
    boolean dryRun;

    @Option(
        names = {"-y", "--yes"},
        description = "Do not ask for confirmation. Required if there is no terminal.")
    boolean yes;

    @Option(
        names = "--max-delete",
        paramLabel = "N",
        description =
            "Stop after trying to delete this many keys; with --resume, in all runs together.")
    @Nullable Long maxDelete;

    @Option(
        names = "--max-errors",
        paramLabel = "N",
        description = "Stop when more keys than this could not be deleted (${DEFAULT-VALUE}).")
    long maxErrors = 100;

    @Option(
        names = "--max-error-rate",
        paramLabel = "PART",
        description = "Stop when more than this fraction of the keys failed: 0.05 for a twentieth.")
    double maxErrorRate = 1;

    @Option(
        names = "--keep-going",
        description = "Never stop because of keys that could not be deleted.")
    boolean keepGoing;

    @Option(
        names = "--max-duration",
        paramLabel = "TIME",
        converter = DurationConverter.class,
        description = "Stop after this time: 90s, 10m, 1h30m.")
    @Nullable Duration maxDuration;

    @Option(names = "--error-on-empty", description = "Fail if no key is selected.")
    boolean errorOnEmpty;
  }

  @ArgGroup(validate = false, heading = "%nPace:%n")
  PaceOptions pace = new PaceOptions();

  static final class PaceOptions {
    @Option(
        names = {"-c", "--concurrency"},
        paramLabel = "N",
        description =
            "Maximum number of connections (100; 8 for redis and etcd, 4 for cloudflare). Fewer are used while the "
                + "store is overloaded.")
    @Nullable Integer max;

    @Option(
        names = "--min-concurrency",
        paramLabel = "N",
        description = "Minimum number of concurrent requests (${DEFAULT-VALUE}).")
    int min = 1;

    @Option(names = "--rate", paramLabel = "N", description = "Maximum number of keys per second.")
    double rate = Double.POSITIVE_INFINITY;

    @Option(
        names = "--burst",
        paramLabel = "N",
        description = "With --rate: maximum burst, in keys, after a pause (${DEFAULT-VALUE}).")
    long burst = 100;

    @Option(
        names = "--page",
        paramLabel = "N",
        description = "Keys per listing request (1000; 10000 for cloudflare).")
    @Nullable Integer page;

    @Option(
        names = "--batch",
        paramLabel = "N",
        description =
            "Keys per deletion request, if the store supports it (500; 10000 for cloudflare).")
    @Nullable Integer batch;

    @Option(
        names = "--pipeline",
        paramLabel = "N",
        description =
            "Requests to send ahead on each connection (fastly, ${DEFAULT-VALUE}); 1 waits for "
                + "each answer.")
    int pipeline = 4;

    @Option(
        names = "--attempts",
        paramLabel = "N",
        description =
            "Maximum number of attempts for a request (${DEFAULT-VALUE}). Refusals that say when to "
                + "retry do not count; --max-duration limits them.")
    int attempts = 8;

    @Option(
        names = "--timeout",
        paramLabel = "TIME",
        converter = DurationConverter.class,
        description = "Wait up to this long for a response (30s).")
    Duration timeout = Duration.ofSeconds(30);
  }

  @ArgGroup(validate = false, heading = "%nConnection:%n")
  ConnectionOptions connection = new ConnectionOptions();

  static final class ConnectionOptions {
    @Option(
        names = "--cacert",
        paramLabel = "FILE",
        description = "Trust the certificates in this PEM file (default: those of the JDK).")
    @Nullable Path authorities;

    @Option(
        names = "--cert",
        paramLabel = "FILE",
        description = "Present the client certificate in this PEM file.")
    @Nullable Path certificate;

    @Option(
        names = "--key",
        paramLabel = "FILE",
        description = "The private key of --cert, in PEM form (default: in the same file).")
    @Nullable Path key;

    @Option(
        names = "--server-name",
        paramLabel = "HOST",
        description = "The host that the server's certificate is for (default: of the address).")
    @Nullable String serverName;

    @Option(
        names = "--proxy",
        paramLabel = "URL",
        description =
            "Connect through a proxy: http://[USER:PASSWORD@]HOST:PORT, socks5://HOST:PORT, or none. "
                + "(default: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY).")
    @Nullable String proxy;

    @Option(
        names = "--creds",
        paramLabel = "FILE",
        description = "The credentials of a NATS user (default: the file in NATS_CREDS).")
    @Nullable Path credentials;

    /**
     * How to connect.
     *
     * @throws IllegalArgumentException if a file cannot be used
     */
    Stores.Connection connection() {
      boolean isUsual = authorities == null && certificate == null && key == null;
      Tls tls =
          isUsual && serverName == null
              ? Tls.SYSTEM
              : Tls.of(authorities, certificate, key, serverName);
      return new Stores.Connection(tls, proxy, credentials);
    }
  }

  @ArgGroup(validate = false, heading = "%nLong runs:%n")
  RunOptions run = new RunOptions();

  static final class RunOptions {
    @Option(
        names = "--checkpoint",
        paramLabel = "FILE",
        description =
            "Save the run's progress in this file every second; it is deleted at the end. An "
                + "existing checkpoint is overwritten, unless --resume is given.")
    @Nullable Path checkpoint;

    @Option(names = "--resume", description = "Continue from the checkpoint, if there is one.")
    boolean resume;

    @Option(
        names = "--failed-keys",
        paramLabel = "FILE",
        description =
            "Write the keys that could not be deleted, with the reasons, one JSON object per "
                + "line. An existing file is overwritten, unless --resume is given.")
    @Nullable Path failedKeys;

    @Option(
        names = "--deleted-keys",
        paramLabel = "FILE",
        description =
            "Write the keys that were deleted or already gone, one JSON object per line. An existing "
                + "file is overwritten, unless --resume is given.")
    @Nullable Path deletedKeys;

    @Option(
        names = "--passes",
        paramLabel = "N",
        description = "List and delete up to N times, until no key is left (${DEFAULT-VALUE}).")
    int passes = 1;

    @Option(
        names = "--verify",
        negatable = true,
        defaultValue = "true",
        fallbackValue = "true",
        description =
            "At the end, list the store again to find remaining keys (default); --no-verify skips "
                + "it.")
    boolean verify;

    @Option(
        names = "--no-markers",
        description =
            "Leave no delete markers, and remove old ones (nats). Watchers of the bucket are not "
                + "notified. With --all, the whole stream is purged at once.")
    boolean noMarkers;

    @Option(
        names = "--delete-store",
        description = "With --all: then delete the store itself (fastly).")
    boolean deleteStore;
  }

  @ArgGroup(validate = false, heading = "%nSeveral machines:%n")
  WorkersOptions workers = new WorkersOptions();

  static final class WorkersOptions {
    @Option(
        names = "--workers",
        paramLabel = "URL",
        description =
            "Work on a job together with all processes that have the same command, on any number of "
                + "machines: nats://HOST:PORT,…/JOB, or natss with TLS. The servers need JetStream. "
                + "--rate is the limit of all processes together.")
    @Nullable String address;

    @Option(
        names = "--lease",
        paramLabel = "TIME",
        converter = DurationConverter.class,
        description =
            "With --workers: others take over the part of a process that is silent for this long "
                + "(30s).")
    Duration lease = Duration.ofSeconds(30);

    /**
     * The first option that makes no sense for several processes; null if no such option is set.
     */
    static @Nullable String conflict(PurgeOptions options) {
      if (options.demo != null) {
        return "--demo";
      }
      if (options.selection.keysFrom != null) {
        return "--keys-from";
      }
      if (options.selection.shard != null) {
        return "--shard";
      }
      if (options.run.checkpoint != null) {
        return "--checkpoint";
      }
      if (options.safety.dryRun) {
        return "--dry-run";
      }
      if (options.safety.maxDelete != null) {
        return "--max-delete";
      }
      return options.run.deleteStore ? "--delete-store" : null;
    }
  }

  @ArgGroup(validate = false, heading = "%nOutput:%n")
  OutputOptions output = new OutputOptions();

  static final class OutputOptions {
    @Option(names = "--json", description = "Write JSON objects to standard output, one per line.")
    boolean json;

    @Option(
        names = {"-q", "--quiet"},
        description = "No progress, only the summary.")
    boolean quiet;

    @Option(
        names = "--color",
        paramLabel = "WHEN",
        description = "always, never or auto; NO_COLOR is heeded with auto.")
    String color = "auto";
  }

  /** Rejects combinations and values that make no sense. */
  void check() {
    if (demo == null && address == null) {
      throw usageError("name a STORE, or use --demo N");
    }
    if (demo != null && address != null) {
      throw usageError(
          "--demo N has a store of its own: leave it or " + Stores.shown(address) + " out");
    }
    if (demo != null && (demo < 1 || demo > DEMO_MAX)) {
      throw usageError("--demo " + demo + " is not a number of keys from 1 to " + DEMO_MAX);
    }
    checkSelection();
    checkFiles();
    checkNumbers();
    checkWorkers();
    if (!List.of("always", "never", "auto").contains(output.color)) {
      throw usageError("--color is always, never or auto");
    }
  }

  private void checkSelection() {
    if (address != null && !selection.isGiven()) {
      throw usageError(
          "say which keys of "
              + Stores.shown(address)
              + ": --all, --prefix, --match, --keys-from or another selection");
    }
    String problem = selection.problem(safety.dryRun);
    if (problem != null) {
      throw usageError(problem);
    }
    boolean isAll = selection().isAll(); // also checks the values
    if (run.deleteStore && !isAll) {
      throw usageError("--delete-store needs --all, and nothing excluded");
    }
    if (run.deleteStore && address != null && !address.startsWith("fastly:")) {
      throw usageError("--delete-store is for fastly:ID, not for " + Stores.shown(address));
    }
  }

  private void checkFiles() {
    checkNamed("--keys-from", selection.keysFrom);
    checkNamed("--checkpoint", run.checkpoint);
    checkNamed("--failed-keys", run.failedKeys);
    checkOfOwn("--failed-keys", run.failedKeys, "--keys-from", selection.keysFrom);
    checkOfOwn("--checkpoint", run.checkpoint, "--keys-from", selection.keysFrom);
    checkOfOwn("--checkpoint", run.checkpoint, "--failed-keys", run.failedKeys);
    checkNamed("--deleted-keys", run.deletedKeys);
    checkOfOwn("--deleted-keys", run.deletedKeys, "--keys-from", selection.keysFrom);
    checkOfOwn("--deleted-keys", run.deletedKeys, "--failed-keys", run.failedKeys);
    checkOfOwn("--deleted-keys", run.deletedKeys, "--checkpoint", run.checkpoint);
    checkNoOutput("--deleted-keys", run.deletedKeys);
    checkNoOutput("--failed-keys", run.failedKeys);
    checkNoOutput("--checkpoint", run.checkpoint);
    if (run.resume && run.checkpoint == null) {
      throw usageError("--resume needs the --checkpoint FILE");
    }
    if (run.resume && isReadOnce()) {
      throw usageError("--resume needs a file, it cannot read standard input or a pipe twice");
    }
  }

  private void checkWorkers() {
    checkPositive("--lease", workers.lease);
    if (workers.lease.compareTo(LEASE_MIN) < 0) {
      throw usageError("--lease is at least " + LEASE_MIN.toSeconds() + "s");
    }
    String conflict = workers.address == null ? null : WorkersOptions.conflict(this);
    if (conflict != null) {
      throw usageError(
          conflict
              + " goes without --workers"
              + (conflict.equals("--checkpoint")
                  ? ": the job keeps its position, and the same command continues it"
                  : ""));
    }
  }

  private void checkNumbers() {
    checkRange("--concurrency", pace.max == null ? 1 : pace.max, 1, CONCURRENCY_MAX);
    checkRange("--min-concurrency", pace.min, 1, CONCURRENCY_MAX);
    checkRange("--batch", pace.batch == null ? 1 : pace.batch, 1, KEYS_MAX);
    checkRange("--page", pace.page == null ? 1 : pace.page, 1, KEYS_MAX);
    checkRange("--pipeline", pace.pipeline, 1, PIPELINE_MAX);
    checkRange("--attempts", pace.attempts, 1, ATTEMPTS_MAX);
    checkRange("--burst", pace.burst, 1, Long.MAX_VALUE);
    checkRange("--passes", run.passes, 1, Long.MAX_VALUE);
    checkRange("--max-errors", safety.maxErrors, 0, Long.MAX_VALUE);
    checkRange("--max-delete", safety.maxDelete == null ? 0 : safety.maxDelete, 0, Long.MAX_VALUE);
    if (!(pace.rate > 0)) { // also rejects NaN
      throw usageError("--rate is positive");
    }
    checkPositive("--timeout", pace.timeout);
    if (pace.timeout.compareTo(TIMEOUT_MAX) > 0) {
      throw usageError("--timeout can be at most " + TIMEOUT_MAX.toHours() + "h");
    }
    if (!(safety.maxErrorRate >= 0 && safety.maxErrorRate <= 1)) {
      throw usageError("--max-error-rate is a part, from 0 to 1: 0.05 for a twentieth");
    }
    if (safety.maxDuration != null) {
      checkPositive("--max-duration", safety.maxDuration);
    }
  }

  private void checkRange(String option, long number, long least, long most) {
    if (number < least || number > most) {
      throw usageError(
          option
              + (most == Long.MAX_VALUE
                  ? " is at least " + least
                  : " is from " + least + " to " + most));
    }
  }

  private void checkPositive(String option, Duration time) {
    if (!time.isPositive()) {
      throw usageError(option + " is positive");
    }
  }

  /** Whether the keys come from standard input or a pipe, which cannot be counted first. */
  boolean isReadOnce() {
    Path file = selection.keysFrom;
    return file != null
        && (file.equals(Selection.STDIN) || (Files.exists(file) && !Files.isRegularFile(file)));
  }

  /** Rejects an empty name, which an empty variable in a script may cause. */
  private void checkNamed(String option, @Nullable Path file) {
    if (file != null && file.toString().isEmpty()) {
      throw usageError(option + " has an empty file name");
    }
  }

  /** Rejects a file that is used for two purposes, under whatever names. */
  private void checkOfOwn(
      String option, @Nullable Path written, String otherOption, @Nullable Path other) {
    if (written != null && other != null && isSame(written, other)) {
      throw usageError(option + " would overwrite the file of " + otherOption + ": name another");
    }
  }

  /** Rejects a file that standard output goes to: both would write at its beginning. */
  private void checkNoOutput(String option, @Nullable Path written) {
    if (written != null && Files.isRegularFile(written)) {
      checkOfOwn(option, written, "standard output", STDOUT);
      checkOfOwn(option, written, "standard error", STDERR);
    }
  }

  private static boolean isSame(Path one, Path other) {
    try {
      return Files.isSameFile(one, other);
    } catch (IOException e) { // one of them does not exist
      return one.toAbsolutePath().normalize().equals(other.toAbsolutePath().normalize());
    }
  }

  /** The plan for a store, according to these options. */
  Plan plan(Store store) {
    int max = pace.max != null ? pace.max : store.concurrency();
    return Plan.DEFAULT
        .with(selection())
        .with(new Plan.Pace(Math.min(pace.min, max), max, pace.rate, pace.burst))
        .with(
            new Plan.Sizes(
                pace.page != null ? pace.page : store.usualPage(),
                pace.batch != null ? pace.batch : store.usualBatch()))
        .with(new Plan.Retry(pace.attempts, Duration.ofMillis(100), Duration.ofSeconds(60)))
        .with(
            new Plan.Limits(
                safety.keepGoing ? -1 : safety.maxErrors,
                safety.maxErrorRate,
                safety.maxDelete == null ? -1 : safety.maxDelete,
                safety.maxDuration,
                Plan.Limits.NONE.drain()))
        .with(new Plan.Passes(run.passes, run.verify))
        .with(new Plan.Files(run.failedKeys, run.deletedKeys, run.checkpoint, run.resume))
        .at(begun);
  }

  Selection selection() {
    try {
      return selection.selection();
    } catch (IllegalArgumentException e) {
      throw usageError(String.valueOf(e.getMessage()));
    }
  }

  private CommandLine.ParameterException usageError(String message) {
    return new CommandLine.ParameterException(spec.commandLine(), message);
  }
}
