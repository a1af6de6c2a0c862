package io.heddle.orders.service;

import io.heddle.Context;
import io.heddle.Go;
import io.heddle.ShutdownContext;
import io.heddle.orders.api.Tokens;
import io.heddle.orders.ca.AcmeAuthority;
import io.heddle.orders.pipeline.Pipeline;
import io.heddle.orders.telemetry.Log;
import io.heddle.preflight.Dns01Check;
import io.heddle.preflight.Network;
import io.heddle.queue.Backoff;
import io.heddle.queue.Consumer;
import io.heddle.queue.Queues;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The service as a process, to be killed. */
final class WorkerMain {
  /** How many customers there are, named c0, c1 and so on. */
  static final int CUSTOMERS = 4;

  static final Backoff BACKOFF =
      new Backoff(Duration.ofMillis(200), Duration.ofSeconds(2), 1000, Duration.ofSeconds(2), 1000);

  /** A message that a mutant hands over twice is dead after about ten seconds. */
  private static final Backoff FAILURES =
      new Backoff(Duration.ofMillis(200), Duration.ofSeconds(1), 20, Duration.ofSeconds(1), 20);

  private WorkerMain() {}

  static String token(int customer) {
    return "a-token-for-tests-of-c" + customer;
  }

  private static Tokens tokens(Path folder) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < CUSTOMERS; i++) {
      lines.append("c" + i + " " + token(i) + "\n");
    }
    Path file = Files.writeString(folder.resolve("tokens"), lines);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    return Tokens.read(file, Log.NONE);
  }

  public static void main(String[] args) throws Exception {
    Path folder = Path.of(args[1]);
    int port = Integer.parseInt(args[2]);
    Network network =
        Network.withLoopbackForTests(
            new Network.Ports(
                Integer.parseInt(args[4]), Integer.parseInt(args[5]), Integer.parseInt(args[6])),
            64);
    Settings.Api api =
        port == 0
            ? null
            : Settings.Api.plain(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), port), tokens(folder));
    Settings settings =
        new Settings(
            args[0],
            folder,
            api,
            new Settings.Workers(
                new Settings.Authority(
                    URI.create(args[3]),
                    folder.resolve("trust.pem"),
                    folder.resolve("roots.pem"),
                    new Settings.Accounts(
                        Settings.Mode.SHARED, // the one in which customers meet
                        new AcmeAuthority.Registration(null, true, null, null),
                        Map.of(),
                        false),
                    AcmeAuthority.Load.of(8)),
                new Settings.Checks(
                    network,
                    List.of(
                        new InetSocketAddress(
                            InetAddress.getLoopbackAddress(), Integer.parseInt(args[6]))),
                    Dns01Check.Servers.RECURSIVE_ONLY,
                    Set.of()),
                Pipeline.Settings.DEFAULT
                    .with(BACKOFF)
                    .with(
                        Consumer.Settings.DEFAULT
                            .withLease(Duration.ofSeconds(3))
                            .withFailures(FAILURES))));
    Log log = Log.to(System.err);
    try (ShutdownContext context = Context.untilShutdown();
        OrdersService service =
            OrdersService.open(
                settings,
                new MarkingQueue(Queues.open(args[0], 10), MarkingQueue.Mutant.valueOf(args[7])),
                log)) {
      System.out.println("ready");
      Go.run(() -> service.run(context));
    }
  }
}
