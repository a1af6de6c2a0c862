package io.heddle.cli;

import io.heddle.Context;
import io.heddle.Go;
import io.heddle.ShutdownContext;
import io.heddle.purge.server.Faults;
import io.heddle.purge.server.KvServer;
import java.io.IOException;
import java.net.BindException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** A local server with the API of Fastly's KV stores. */
@Command(
    name = "serve",
    header = "Runs a local key-value store with the HTTP API of Fastly's, to try things on.",
    description = {
      "",
      "Listens on this machine only. The token is not looked at unless --token is given. Ends with "
          + "Ctrl-C.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  heddle purge serve --keys 100000 --latency 50ms",
      "  heddle purge serve --port 8080 --data stores.ndjson",
      "  heddle purge serve --keys 20000 --throttle 1000 --retry-after 2",
      "It prints what to set, and the command that empties its store."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "2:an option is wrong, the port is taken, or the file cannot be used",
      "130:it was told to end, by Ctrl-C (143: by SIGTERM)",
    },
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class)
final class PurgeServeCommand implements Callable<Integer> {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Option(
      names = "--port",
      paramLabel = "N",
      description = "Listen there; 0, the default, is any port that is free.")
  private int port;

  @Option(
      names = "--keys",
      paramLabel = "N",
      description = "Begin with a store called 'demo' with N keys.")
  private long keys;

  @Option(
      names = "--data",
      paramLabel = "FILE",
      description = "Keep everything in this file; it is read at the start.")
  private @Nullable Path data;

  @Option(names = "--token", paramLabel = "TEXT", description = "Let in who sends this token only.")
  private @Nullable String token;

  @Option(
      names = "--latency",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "Take this long for each request: 50ms.")
  private Duration latency = Duration.ZERO;

  @Option(
      names = "--throttle",
      paramLabel = "N",
      description = "Answer 429 to all but N deletions a second.")
  private double throttle;

  @Option(names = "--retry-after", paramLabel = "SECONDS", description = "Say so with each 429.")
  private int retryAfter;

  @Option(
      names = "--errors",
      paramLabel = "PART",
      description = "Answer 503 to a part of the deletions, 0.01 for a hundredth.")
  private double errors;

  @Option(
      names = "--resets",
      paramLabel = "PART",
      description = "Reset the connection of a part of the deletions.")
  private double resets;

  @Option(
      names = "--fail-page",
      paramLabel = "N",
      description = "Answer 500 to the listing of the N-th page and of all after it.")
  private int failPage;

  @Option(
      names = "--slow-body",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "Send listings byte by byte, with this pause.")
  private @Nullable Duration slowBody;

  @Option(
      names = "--grow",
      paramLabel = "PART",
      description = "Add a key with a part of the deletions.")
  private double grow;

  @Override
  public Integer call() throws Exception {
    check();
    Faults faults = new Faults().latency(latency);
    KvServer started;
    try {
      started = KvServer.start(port, faults, token, data);
    } catch (BindException e) {
      return failure("cannot listen on port " + port + ": " + e.getMessage());
    } catch (IOException e) {
      return failure(
          (data == null ? "" : "cannot keep the data in " + data + ": ") + e.getMessage());
    }
    try (KvServer server = started) {
      String id = "ID";
      if (keys > 0) {
        try {
          id = server.createStore("demo", keys);
        } catch (IllegalArgumentException e) {
          return failure(
              "--keys: the file of --data has a store called 'demo' already; leave it out");
        }
      }
      addTo(faults, server, id);
      System.out.println("export FASTLY_API_ENDPOINT=" + server.uri());
      System.out.println("export FASTLY_API_TOKEN=" + (token == null ? "any" : token));
      System.out.println("# heddle purge fastly:" + id + " --all");
      System.out.flush();
      try (ShutdownContext context = Context.untilShutdown()) {
        Go.run(() -> context.done().receive());
        return Main.status(context, CommandLine.ExitCode.OK);
      }
    }
  }

  private int failure(String message) {
    spec.commandLine().getErr().println("heddle purge serve: " + message);
    return CommandLine.ExitCode.USAGE;
  }

  private void check() {
    if (port < 0 || port > 65_535) {
      throw usageError("--port is from 0, any that is free, to 65535");
    }
    checkNotNegative("--keys", (double) keys);
    checkNotNegative("--throttle", throttle);
    checkNotNegative("--retry-after", retryAfter);
    checkNotNegative("--fail-page", failPage);
    checkPart("--errors", errors);
    checkPart("--resets", resets);
    checkPart("--grow", grow);
  }

  private void checkNotNegative(String option, double number) {
    if (!(number >= 0)) { // also if it is not a number
      throw usageError(option + " is not negative");
    }
  }

  private void checkPart(String option, double part) {
    if (!(part >= 0 && part <= 1)) {
      throw usageError(option + " is a part, from 0 to 1: 0.01 for a hundredth");
    }
  }

  private CommandLine.ParameterException usageError(String message) {
    return new CommandLine.ParameterException(spec.commandLine(), message);
  }

  private void addTo(Faults faults, KvServer server, String id) {
    if (throttle > 0) {
      faults.throttle(throttle, retryAfter);
    }
    faults.addPart(Faults.Which.deletions(), errors, Faults.What.status(503));
    faults.addPart(Faults.Which.deletions(), resets, new Faults.What.Reset());
    faults.addPart(
        Faults.Which.deletions(),
        grow,
        new Faults.What.Before(() -> server.put(id, "grown-" + System.nanoTime(), new byte[0])));
    if (failPage > 0) {
      faults.add(Faults.Which.listingsFrom(failPage), Long.MAX_VALUE, Faults.What.status(500));
    }
    if (slowBody != null) {
      faults.add(Faults.Which.listings(), Long.MAX_VALUE, new Faults.What.SlowBody(slowBody));
    }
  }
}
