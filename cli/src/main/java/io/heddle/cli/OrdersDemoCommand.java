package io.heddle.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.heddle.Context;
import io.heddle.Go;
import io.heddle.ShutdownContext;
import io.heddle.local.Pebble;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.files.SafeFiles;
import io.heddle.orders.store.StoredOrder;
import io.heddle.terminal.Spinner;
import io.heddle.terminal.Terminal;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The whole pipeline on this machine. */
@Command(
    name = "demo",
    header = "Shows the whole pipeline at work on this machine, in under a minute.",
    description = {
      "",
      "Starts Let's Encrypt's test CA, Pebble, and orders 20 certificates: ten customers meet their "
          + "challenges as soon as they see them, six later, three never, and one asks for a name that the CA refuses. "
          + "Sends nothing to other machines. The back-off is a thousand times faster than "
          + "normally.",
      ""
    },
    exitCodeList = {
      "0:16 certificates and 4 dead orders, as expected",
      "1:anything else",
      "3:pebble is not installed",
      "130:ended by Ctrl-C (143: by SIGTERM)"
    })
final class OrdersDemoCommand extends Subcommand {
  private static final int NOT_INSTALLED = 3;
  private static final int ISSUED = 16;
  private static final int DEAD = 4;

  @Option(
      names = "--data",
      paramLabel = "FOLDER",
      description = "Keep all files in this folder (default: a temporary folder).")
  private @Nullable Path data;

  @Override
  public Integer call() throws Exception {
    if (!Pebble.isInstalled()) {
      return fail(
          NOT_INSTALLED,
          """
          needs Let's Encrypt's test CA, the programs pebble and \
          pebble-challtestsrv, and could not install them.
            Debian, Ubuntu   sudo apt-get install pebble
            anywhere else    https://github.com/letsencrypt/pebble, version 2.6.0, on PATH
          Then try again.\
          """);
    }
    Path folder = data != null ? data : Files.createTempDirectory("heddle-orders");
    SafeFiles.folder(folder);
    AtomicReference<OrdersDemo.@Nullable Result> result = new AtomicReference<>();
    long began = System.nanoTime();
    try (ShutdownContext context = Context.untilShutdown();
        PrintStream log = new PrintStream(folder.resolve("log.jsonl").toFile(), UTF_8)) {
      Go.run(() -> {
        AtomicReference<String> line = new AtomicReference<>("starting Pebble");
        try (Spinner spinner = Spinner.start(Terminal.stderr(), line::get)) {
          result.set(
              new OrdersDemo(folder, log).run(context, counts -> line.set(progress(counts))));
          spinner.stop("every order has come to an end");
        }
      });
      if (context.signal() != null) {
        return context.exitStatus();
      }
    }
    OrdersDemo.Result got = result.get();
    if (got == null) {
      return CommandLine.ExitCode.SOFTWARE;
    }
    report(got, folder, Duration.ofNanos(System.nanoTime() - began));
    return got.issued().size() == ISSUED && got.dead().size() == DEAD
        ? CommandLine.ExitCode.OK
        : CommandLine.ExitCode.SOFTWARE;
  }

  private static String progress(Map<OrderState, Integer> counts) {
    List<String> parts = new ArrayList<>();
    for (OrderState state : OrderState.values()) {
      parts.add(state.label() + " " + counts.getOrDefault(state, 0));
    }
    return String.join("  ", parts);
  }

  private static void report(OrdersDemo.Result result, Path folder, Duration took) {
    System.out.printf(
        "%d certificates, %d dead orders, %.1f s%n",
        result.issued().size(), result.dead().size(), took.toMillis() / 1000.0);
    System.out.println();
    for (StoredOrder one : result.issued()) {
      Order order = one.order();
      System.out.printf(
          "issued  %-32s after %d failed %s%n",
          String.join(",", order.request().domains()),
          order.attempts(),
          order.attempts() == 1 ? "check" : "checks");
    }
    for (StoredOrder one : result.dead()) {
      System.out.printf(
          "dead    %-32s %s%n",
          String.join(",", one.order().request().domains()), one.order().problem());
    }
    System.out.println();
    System.out.println("Keys and certificates: " + folder.resolve("certificates"));
    System.out.println("What happened when:    " + folder.resolve("log.jsonl"));
    System.out.flush();
  }
}
