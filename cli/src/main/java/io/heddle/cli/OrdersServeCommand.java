package io.heddle.cli;

import io.heddle.Context;
import io.heddle.Go;
import io.heddle.ShutdownContext;
import io.heddle.orders.api.Tokens;
import io.heddle.orders.ca.AcmeAuthority;
import io.heddle.orders.files.SafeFiles;
import io.heddle.orders.pipeline.Pipeline;
import io.heddle.orders.service.OrdersService;
import io.heddle.orders.service.Settings;
import io.heddle.orders.telemetry.Log;
import io.heddle.preflight.Dns01Check;
import io.heddle.preflight.Network;
import io.heddle.preflight.Resolver;
import io.heddle.queue.Consumer;
import io.heddle.queue.QueueException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs the service. */
@Command(
    name = "serve",
    header = "Runs the service: the API and the workers.",
    description = {
      "",
      "Takes orders by HTTP (GET /openapi.json describes it) and works on them. With a file as the "
          + "queue it is one process; with PostgreSQL any number of processes on any number of "
          + "machines share the work: they then need the same account keys and a shared folder for "
          + "the certificates, that is, the same --data. The queue knows its CA and its account "
          + "keys, and a process with others does not start.",
      "",
      "SIGTERM and Ctrl-C take in no more work and let what is under way come to an end; what is not "
          + "done by then another process goes on with. A second one ends at once. Nothing is lost "
          + "when the process is killed.",
      ""
    },
    footer = {
      "",
      "Standard error gets a log, a JSON object a line. /metrics has figures for Prometheus, /healthz and "
          + "/readyz tell whether the process lives and whether it can take orders.",
      "",
      "Examples:",
      "  export HEDDLE_ORDERS_TOKEN=$(openssl rand -hex 16)",
      "  heddle orders serve --ca letsencrypt-staging --agree-tos --email admin@example.com",
      "  heddle orders submit www.example.com",
      "  heddle orders serve --queue postgresql://user:password@db/orders --workers-only ..."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "1:something unexpected",
      "2:the command is wrong, or a file of it cannot be used",
      "3:the queue cannot be opened",
      "4:it cannot listen there",
      "130:ended by Ctrl-C (143: by SIGTERM)"
    },
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class)
final class OrdersServeCommand implements Callable<Integer> {
  private static final int QUEUE = 3;
  private static final int LISTEN = 4;

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Option(
      names = "--queue",
      paramLabel = "FILE|URL",
      description =
          "Where orders are: a file, by default in --data, or postgresql://USER:PASSWORD@HOST/DB.")
  private @Nullable String queue;

  @Option(
      names = "--data",
      paramLabel = "FOLDER",
      description =
          "For the accounts' keys, keys and certificates: ${DEFAULT-VALUE}. Made for its owner only.")
  private Path data = Path.of("heddle-orders");

  @Option(
      names = "--ca",
      paramLabel = "URL",
      description = "The CA's ACME directory, or letsencrypt, or letsencrypt-staging.")
  private @Nullable String ca;

  @Option(
      names = "--ca-trust",
      paramLabel = "FILE",
      description = "Who vouches for the CA's server, in PEM, if not whom the JDK trusts.")
  private @Nullable Path trust;

  @Option(
      names = "--roots",
      paramLabel = "FILE",
      description = "What chains have to lead to, in PEM, if not whom the JDK trusts: staging CAs.")
  private @Nullable Path roots;

  @Option(names = "--agree-tos", description = "Agree to the CA's terms of service.")
  private boolean agree;

  @Option(names = "--email", paramLabel = "ADDRESS", description = "Where the CA may write to.")
  private @Nullable String email;

  @Option(
      names = "--eab-kid",
      paramLabel = "ID",
      description = "The account you have there already; its key in HEDDLE_EAB_HMAC.")
  private @Nullable String accountId;

  @Option(
      names = "--eab-file",
      paramLabel = "FILE",
      description =
          "The accounts that customers have there already: a customer's name, the account's ID and "
              + "its key a line. Without a line of its own a customer has that of --eab-kid.")
  private @Nullable Path externalAccounts;

  @Option(
      names = "--accounts",
      paramLabel = "per-customer|shared",
      description =
          "Who has an account at the CA: each customer (the default), or all have one. With one "
              + "account, customers who order the same name wait for each other. CAs limit how "
              + "many accounts are registered: Let's Encrypt ten for each address in three hours.")
  private String accounts = "per-customer";

  @Option(
      names = "--change-ca",
      description =
          "Have the queue's orders placed with this --ca and the account keys in --data from now "
              + "on. Stop all workers before. What is placed elsewhere and not issued starts again.")
  private boolean isChangeOfCa;

  @Option(
      names = "--listen",
      paramLabel = "HOST:PORT",
      description = "Where the API listens: ${DEFAULT-VALUE}.")
  private String listen = "127.0.0.1:8480";

  @Option(
      names = "--tls-cert",
      paramLabel = "FILE",
      description =
          "Serve the API by TLS, with this certificate and those that lead to its root, in PEM. Read "
              + "again when the file changes. Needs --tls-key.")
  private @Nullable Path certificate;

  @Option(
      names = "--tls-key",
      paramLabel = "FILE",
      description = "The private key of --tls-cert, in PEM, without a password.")
  private @Nullable Path key;

  @Option(
      names = "--access-log",
      paramLabel = "FILE",
      description =
          "Write a line for each request of the API, in the combined log format. With yyyy_mm_dd in "
              + "its name, a file a day is written, and kept for a month.")
  private @Nullable Path accessLog;

  @Option(
      names = "--tokens",
      paramLabel = "FILE",
      description =
          "Who may use the API: a customer's name and a token a line. 'admin' may do everything. "
              + "Without: the token in HEDDLE_ORDERS_TOKEN, as admin.")
  private @Nullable Path tokens;

  @Option(names = "--workers-only", description = "No API.")
  private boolean workersOnly;

  @Option(names = "--api-only", description = "No workers.")
  private boolean apiOnly;

  @Option(
      names = "--concurrency",
      paramLabel = "N",
      description = "How many orders a stage works on at a time: ${DEFAULT-VALUE}.")
  private int concurrency = 32;

  @Option(
      names = "--lease",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "After how long a killed worker's orders are another's: 1m.")
  private Duration lease = Duration.ofMinutes(1);

  @Option(
      names = "--drain",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "How long to let work come to an end when told to stop: 20s.")
  private Duration drain = Duration.ofSeconds(20);

  @Option(
      names = "--resolver",
      paramLabel = "ADDRESS",
      split = ",",
      converter = NameServerConverter.class,
      description =
          "Whom to ask for names, ADDRESS or ADDRESS:PORT, if not whom this machine asks.")
  private List<InetSocketAddress> resolvers = List.of();

  @Option(
      names = "--recursive-only",
      description = "Ask no name servers of zones, where a firewall keeps them away.")
  private boolean isRecursiveOnly;

  @Option(
      names = "--caa",
      paramLabel = "NAME",
      split = ",",
      description =
          "What CAA records call the CA, if not what its directory says: letsencrypt.org for that "
              + "one.")
  private List<String> caa = List.of();

  @Option(
      names = "--time-scale",
      paramLabel = "FACTOR",
      description =
          "For tries: multiplies the back-off's times, 0.001 for seconds instead of hours.")
  private double scale = 1;

  @Option(
      names = "--test-ports",
      paramLabel = "HTTP,TLS,DNS",
      split = ",",
      description =
          "FOR TESTS ONLY: checks use these ports and may connect to this machine. Whoever orders "
              + "can then reach services of this machine.")
  private List<Integer> testPorts = List.of();

  @Override
  public Integer call() throws Exception {
    try {
      return serve(settings());
    } catch (QueueException e) {
      return fail(QUEUE, e);
    } catch (java.net.BindException e) {
      return fail(LISTEN, new IOException(listen + ": " + e.getMessage(), e));
    } catch (IOException e) {
      return fail(CommandLine.ExitCode.USAGE, e);
    }
  }

  private int serve(Settings settings) throws Exception {
    Log log = Log.to(System.err);
    try (ShutdownContext context = Context.untilShutdown();
        OrdersService service = OrdersService.open(settings, log)) {
      if (settings.api() != null) {
        System.out.println(service.uri());
        System.out.flush();
      }
      Go.run(() -> service.run(context));
      return Main.status(context, CommandLine.ExitCode.OK);
    }
  }

  private Integer fail(int status, Exception e) {
    // The message of a file that is not there is its name alone.
    String problem =
        e instanceof NoSuchFileException ? "there is no file " + e.getMessage() : e.getMessage();
    spec.commandLine().getErr().println("heddle orders serve: " + problem);
    return status;
  }

  private Settings settings() throws IOException {
    boolean isShared = queue != null && queue.startsWith("postgres");
    if (apiOnly && workersOnly) {
      throw usage("--api-only and --workers-only leave nothing to run");
    }
    if ((apiOnly || workersOnly) && !isShared) {
      throw usage(
          "a file is for one process: with --api-only or --workers-only --queue has to be a postgresql:// URL");
    }
    if (queue != null && !isShared) {
      checkFileName(queue);
    }
    if (!apiOnly && ca == null) {
      throw usage("--ca is missing: letsencrypt-staging to try it, or a directory's URL");
    }
    Settings settings =
        new Settings(
            queue == null ? data.resolve("orders.db").toString() : queue,
            data,
            workersOnly ? null : api(),
            apiOnly ? null : workers());
    makeFolder(); // only when the command is right
    return settings;
  }

  private void checkFileName(String file) {
    try {
      var _ = Utf8.path(file);
    } catch (CommandLine.TypeConversionException e) {
      throw usage("--queue " + e.getMessage());
    }
  }

  private void makeFolder() throws IOException {
    try {
      SafeFiles.folder(data);
    } catch (IOException e) {
      throw new IOException("--data " + data + " cannot be made: " + e.getMessage(), e);
    }
    if (SafeFiles.isWritableByAnybody(data)) {
      throw new IOException(
          "--data " + data + " has private keys, and anybody may change it: chmod o-w " + data);
    }
  }

  private Tokens readTokens() throws IOException {
    if (tokens != null) {
      return Tokens.read(tokens);
    }
    String token = Utf8.environment().get("HEDDLE_ORDERS_TOKEN");
    if (token == null || token.length() < 16) {
      throw usage(
          "who may use the API? Give --tokens FILE, or at least 16 characters in HEDDLE_ORDERS_TOKEN");
    }
    return Tokens.admin(token);
  }

  private Settings.Api api() throws IOException {
    if ((certificate == null) != (key == null)) {
      throw usage("--tls-cert and --tls-key are needed together");
    }
    return new Settings.Api(
        address(listen),
        readTokens(),
        certificate == null || key == null ? null : new Settings.Certificate(certificate, key),
        accessLog);
  }

  private Settings.Accounts accounts() throws IOException {
    Settings.Mode mode =
        switch (accounts) {
          case "per-customer" -> Settings.Mode.PER_CUSTOMER;
          case "shared" -> Settings.Mode.SHARED;
          default -> throw usage("--accounts " + accounts + " is not per-customer or shared");
        };
    if (externalAccounts != null && mode == Settings.Mode.SHARED) {
      throw usage("--eab-file is for customers with accounts of their own: not --accounts shared");
    }
    AcmeAuthority.Registration registration =
        new AcmeAuthority.Registration(
            email, agree, accountId, Utf8.environment().get("HEDDLE_EAB_HMAC"));
    Map<String, AcmeAuthority.Registration> external = new HashMap<>();
    if (externalAccounts != null) {
      List<String> lines = Files.readAllLines(externalAccounts);
      for (int i = 0; i < lines.size(); i++) {
        String line = lines.get(i).strip();
        if (line.isEmpty() || line.startsWith("#")) {
          continue;
        }
        String[] parts = line.split("\\s+", -1);
        if (parts.length != 3) {
          throw new IOException(
              "--eab-file "
                  + externalAccounts
                  + ", line "
                  + (i + 1)
                  + ": not a customer's name, an account's ID and its key");
        }
        external.put(parts[0], new AcmeAuthority.Registration(email, agree, parts[1], parts[2]));
      }
    }
    return new Settings.Accounts(mode, registration, external, isChangeOfCa);
  }

  private Settings.Workers workers() throws IOException {
    String directory =
        switch (String.valueOf(ca)) {
          case "letsencrypt" -> "https://acme-v02.api.letsencrypt.org/directory";
          case "letsencrypt-staging" -> "https://acme-staging-v02.api.letsencrypt.org/directory";
          default -> String.valueOf(ca);
        };
    URI uri;
    try {
      uri = URI.create(directory);
    } catch (IllegalArgumentException e) {
      throw usage("--ca " + directory + " is no address");
    }
    if (!"https".equals(uri.getScheme()) || uri.getHost() == null) {
      throw usage("--ca " + directory + " has to be an https:// address");
    }
    if (concurrency < 1 || !lease.isPositive() || !(scale > 0)) {
      throw usage("--concurrency, --lease and --time-scale have to be positive");
    }
    Network network = Network.open(Network.PER_ADDRESS);
    if (!testPorts.isEmpty()) {
      if (testPorts.size() != 3) {
        throw usage("--test-ports takes three ports: of HTTP, TLS and DNS");
      }
      network =
          Network.withLoopbackForTests(
              new Network.Ports(testPorts.get(0), testPorts.get(1), testPorts.get(2)), 64);
    }
    Consumer.Settings consumer =
        Consumer.Settings.DEFAULT.withConcurrency(concurrency).withLease(lease).withDrain(drain);
    return new Settings.Workers(
        new Settings.Authority(uri, trust, roots, accounts(), 16),
        new Settings.Checks(
            network,
            resolvers.isEmpty() ? Resolver.systemServers() : resolvers,
            isRecursiveOnly
                ? Dns01Check.Servers.RECURSIVE_ONLY
                : Dns01Check.Servers.AUTHORITATIVE_AND_RECURSIVE,
            Set.copyOf(caa)),
        Pipeline.Settings.DEFAULT.with(consumer).scaled(scale));
  }

  private InetSocketAddress address(String text) {
    int colon = text.lastIndexOf(':');
    try {
      if (colon > 0) {
        String host = text.substring(0, colon).replaceAll("^\\[|\\]$", "");
        return new InetSocketAddress(host, Integer.parseInt(text.substring(colon + 1)));
      }
    } catch (IllegalArgumentException e) {
      // as if there were no port
    }
    throw usage("'" + text + "' is not HOST:PORT");
  }

  private CommandLine.ParameterException usage(String message) {
    return new CommandLine.ParameterException(spec.commandLine(), message);
  }
}
