package io.heddle.cli;

import io.heddle.Context;
import io.heddle.Go;
import io.heddle.ShutdownContext;
import io.heddle.local.kv.Faults;
import io.heddle.local.kv.KvServer;
import java.io.IOException;
import java.net.BindException;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** A local server with the API of Fastly's KV stores. */
@Command(
    name = "serve",
    header = "Runs a local key-value store with Fastly's HTTP API, for experiments and tests.",
    description = {
      "",
      "Listens on the loopback interface only. Accepts any token unless --token is given. Stop it with "
          + "Ctrl-C.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  heddle purge serve --keys 100000 --latency 50ms",
      "  heddle purge serve --port 8080 --data stores.ndjson",
      "  heddle purge serve --keys 20000 --throttle 1000 --retry-after 2",
      "",
      "Prints the environment variables to set, and the command that empties the store."
    },
    exitCodeList = {
      "2:an option is wrong, the port is in use, or the file cannot be used",
      "130:stopped by Ctrl-C (143: by SIGTERM)",
    })
final class PurgeServeCommand extends Subcommand {
  @Option(
      names = "--port",
      paramLabel = "N",
      description = "Listen on this port (default: 0, any free port).")
  private int port;

  @Option(
      names = "--keys",
      paramLabel = "N",
      description = "Create a store named demo with N keys (default: ${DEFAULT-VALUE}, no store).")
  private long keys;

  @Option(
      names = "--data",
      paramLabel = "FILE",
      description = "Keep all stores in this file, and read it at start (default: in memory).")
  private @Nullable Path data;

  @Option(names = "--token", paramLabel = "TEXT", description = "Accept only this token.")
  private @Nullable String token;

  @Option(
      names = "--latency",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "Delay each request by this time, such as 50ms (default: 0).")
  private Duration latency = Duration.ZERO;

  @Option(
      names = "--throttle",
      paramLabel = "N",
      description = "Answer 429 to deletions beyond N a second (default: no limit).")
  private double throttle;

  @Option(
      names = "--retry-after",
      paramLabel = "SECONDS",
      description = "Send this Retry-After header with each 429.")
  private int retryAfter;

  @Option(
      names = "--errors",
      paramLabel = "PART",
      description = "Answer 503 to this part of the deletions: 0.01 for one in a hundred.")
  private double errors;

  @Option(
      names = "--resets",
      paramLabel = "PART",
      description = "Reset the connection for this part of the deletions.")
  private double resets;

  @Option(
      names = "--fail-page",
      paramLabel = "N",
      description = "Answer 500 when the N-th page, or a later one, is listed.")
  private int failPage;

  @Option(
      names = "--slow-body",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "Send listings byte by byte, with this pause between two bytes.")
  private @Nullable Duration slowBody;

  @Option(
      names = "--grow",
      paramLabel = "PART",
      description = "Add a key after this part of the deletions.")
  private double grow;

  @Override
  public Integer call() throws Exception {
    check();
    Faults faults = new Faults().latency(latency);
    KvServer started;
    try {
      started = KvServer.start(port, faults, token, data);
    } catch (BindException e) {
      return fail(
          CommandLine.ExitCode.USAGE, "cannot listen on port " + port + ": " + e.getMessage());
    } catch (IOException e) {
      return fail(
          CommandLine.ExitCode.USAGE,
          (data == null ? "" : "cannot keep the data in " + data + ": ") + e.getMessage());
    }
    try (KvServer server = started) {
      String id = "ID";
      if (keys > 0) {
        try {
          id = server.createStore("demo", keys);
        } catch (IllegalArgumentException e) {
          return fail(
              CommandLine.ExitCode.USAGE,
              "--keys: the file of --data already has a store named demo; omit --keys");
        }
      }
      addTo(faults, server, id);
      System.out.println("export FASTLY_API_ENDPOINT=" + server.uri());
      System.out.println("export FASTLY_ACCOUNT_ENDPOINT=" + server.uri());
      System.out.println("export FASTLY_API_TOKEN=" + (token == null ? "any" : token));
      System.out.println("# heddle purge fastly:" + id + " --all");
      System.out.flush();
      try (ShutdownContext context = Context.untilShutdown()) {
        Go.run(() -> context.done().receive());
        return Main.status(context, CommandLine.ExitCode.OK);
      }
    }
  }

  private void check() {
    if (port < 0 || port > 65_535) {
      throw usage("--port must be from 0, for any free port, to 65535");
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
    if (!(number >= 0)) { // also rejects NaN
      throw usage(option + " must not be negative");
    }
  }

  private void checkPart(String option, double part) {
    if (!(part >= 0 && part <= 1)) {
      throw usage(option + " must be from 0 to 1: 0.01 for one in a hundred");
    }
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
