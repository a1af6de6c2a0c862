package io.heddle.cli;

import io.heddle.Context;
import io.heddle.Go;
import io.heddle.PanicException;
import io.heddle.ShutdownContext;
import io.heddle.orders.ca.AcmeAuthority;
import io.heddle.orders.files.SafeFiles;
import io.heddle.orders.pipeline.Pipeline;
import io.heddle.orders.pipeline.Renewals;
import io.heddle.orders.service.OrdersService;
import io.heddle.orders.service.Settings;
import io.heddle.orders.telemetry.Log;
import io.heddle.preflight.AddressPolicy;
import io.heddle.preflight.Dns01Check;
import io.heddle.preflight.Network;
import io.heddle.preflight.Resolver;
import io.heddle.queue.Consumer;
import io.heddle.queue.NewerVersionException;
import io.heddle.queue.PostgresQueue;
import io.heddle.queue.QueueException;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
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
      "Accepts orders by HTTP (GET /openapi.json describes the API) and processes them. A queue in a "
          + "file serves a single process. With PostgreSQL, any number of processes on any number "
          + "of machines share the work. All of them must use the same --data folder, which holds "
          + "the account keys and the certificates. The queue records its CA and its account keys; "
          + "a process with others does not start.",
      "",
      "On SIGTERM or Ctrl-C, the service takes no more work and finishes the work in progress, up to "
          + "--drain. Another process, or the next start, continues with the rest. A second signal "
          + "stops it at once. No order is lost if the process is killed.",
      ""
    },
    footer = {
      "",
      "The log goes to standard error, one JSON object a line. /metrics has metrics for Prometheus, "
          + "/healthz reports whether the process is alive, and /readyz whether it can accept orders.",
      "",
      "Examples:",
      "  export HEDDLE_ORDERS_TOKEN=$(openssl rand -hex 16)",
      "  heddle orders serve --ca letsencrypt-staging --roots staging-roots.pem --agree-tos",
      "  heddle orders submit www.example.com",
      "  heddle orders serve --config /etc/heddle-orders/orders.conf --check-config",
      "  heddle orders serve --queue postgresql://user@db/orders --queue-password FILE ..."
    },
    exitCodeList = {
      "1:an unexpected failure",
      "2:an option is wrong, or its file cannot be used",
      "3:the queue cannot be opened, or a newer version of this program has converted it",
      "4:the address of --listen is in use or not available",
      "130:stopped by Ctrl-C (143: by SIGTERM)"
    })
final class OrdersServeCommand extends Subcommand {
  private static final int QUEUE = 3;
  private static final int LISTEN = 4;

  /** How many requests the CA gets at a time. */
  private static final int REQUESTS = 16;

  @SuppressWarnings("UnusedVariable") // its options take effect when they are parsed
  @CommandLine.Mixin
  private ObserveOptions observe = new ObserveOptions();

  @SuppressWarnings("UnusedVariable") // its options are added before the command line is parsed
  @Option(
      names = "--config",
      paramLabel = "FILE",
      description =
          "Read options from this file: lines of NAME = VALUE, with the names of these options "
              + "without hyphens, and true or false for those without a value. $${NAME} is replaced "
              + "with an environment variable. Options on the command line take precedence.")
  private @Nullable Path configuration;

  @Option(
      names = "--check-config",
      description =
          "Check the options and the files that they name, and exit with status 0 if the service "
              + "could start with them. Opens neither the queue nor the port.")
  private boolean isCheck;

  @Option(
      names = "--queue",
      paramLabel = "FILE|URL",
      description =
          "Keep the orders in this file, or in postgresql://USER@HOST/DB (default: orders.db in "
              + "--data).")
  private @Nullable String queue;

  @Option(
      names = "--queue-password",
      paramLabel = "FILE",
      description =
          "Read the password of --queue from this file (default: PGPASSWORD, or the password file of "
              + "PostgreSQL). A password in --queue is visible to all users of the machine.")
  private @Nullable Path queuePassword;

  @Option(
      names = "--data",
      paramLabel = "FOLDER",
      description =
          "Keep account keys, private keys and certificates in this folder (default: "
              + "${DEFAULT-VALUE}). A new folder is accessible to its owner only.")
  private Path data = Path.of("heddle-orders");

  @Option(
      names = "--ca",
      paramLabel = "URL",
      description =
          "Order at this CA: the URL of its ACME directory, letsencrypt, or letsencrypt-staging.")
  private @Nullable String ca;

  @Option(
      names = "--ca-trust",
      paramLabel = "FILE",
      description =
          "Verify the CA's server with these root certificates, in PEM (default: the JDK's).")
  private @Nullable Path trust;

  @Option(
      names = "--roots",
      paramLabel = "FILE",
      description =
          "Issued certificates must chain to these root certificates, in PEM (default: the JDK's). "
              + "Staging CAs need it.")
  private @Nullable Path roots;

  @Option(
      names = "--profile",
      paramLabel = "NAME",
      description =
          "Order certificates of this profile of the CA, such as shortlived (default: the CA's).")
  private @Nullable String profile;

  @Option(
      names = "--chain",
      paramLabel = "NAME",
      description =
          "If the CA has several chains for a certificate, choose the one whose root or topmost "
              + "issuer has this common name (default: the CA's).")
  private @Nullable String chain;

  @Option(
      names = "--fallback-after",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description =
          "Move an order to the next CA, a section [ca NAME] of --config, when its CA has not "
              + "served it for this long (default: 10m).")
  private Duration fallbackAfter = Duration.ofMinutes(10);

  @Option(names = "--agree-tos", description = "Agree to the CA's terms of service.")
  private boolean agree;

  @Option(
      names = "--email",
      paramLabel = "ADDRESS",
      description = "Register accounts with this contact address.")
  private @Nullable String email;

  @Option(
      names = "--eab-kid",
      paramLabel = "ID",
      description =
          "Bind new accounts to this external account at the CA; its key is in HEDDLE_EAB_HMAC.")
  private @Nullable String accountId;

  @Option(
      names = "--eab-file",
      paramLabel = "FILE",
      description =
          "External accounts of single customers: one line each with the customer's name, the "
              + "account's ID and its key. Other customers use --eab-kid.")
  private @Nullable Path externalAccounts;

  @Option(
      names = "--accounts",
      paramLabel = "per-customer|shared",
      description =
          "Register one account for each customer, or one for all (default: ${DEFAULT-VALUE}). "
              + "With a shared account, customers who order the same name wait for each other. CAs "
              + "limit registrations: Let's Encrypt allows ten from each address in three hours.")
  private String accounts = "per-customer";

  @Option(
      names = "--change-ca",
      description =
          "From now on, place the queue's orders at this --ca, with the account keys in --data. "
              + "Stop all workers first. Orders that were placed elsewhere and are not issued start "
              + "again.")
  private boolean isChangeOfCa;

  @CommandLine.Mixin private OrdersApiOptions api = new OrdersApiOptions();

  @CommandLine.Mixin private OrdersNotifyOptions notify = new OrdersNotifyOptions();

  @Option(
      names = "--workers-only",
      description = "Run the workers without the API. Needs PostgreSQL.")
  private boolean workersOnly;

  @Option(names = "--api-only", description = "Serve the API without workers. Needs PostgreSQL.")
  private boolean apiOnly;

  @Option(
      names = "--concurrency",
      paramLabel = "N",
      description = "Process up to N orders at a time in each stage (default: ${DEFAULT-VALUE}).")
  private int concurrency = 32;

  @Option(
      names = "--no-renew",
      description =
          "Do not renew the certificates that are issued from now on. The default is to renew them "
              + "when the CA suggests it, unless the customer submits with --no-renew.")
  private boolean isOnce;

  @Option(
      names = "--lease",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "Hand over the orders of a killed worker after this time (default: 1m).")
  private Duration lease = Duration.ofMinutes(1);

  @Option(
      names = "--drain",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "When stopped, wait up to this long for work in progress (default: 20s).")
  private Duration drain = Duration.ofSeconds(20);

  @Option(
      names = "--resolver",
      paramLabel = "ADDRESS",
      split = ",",
      converter = NameServerConverter.class,
      description =
          "Use these recursive DNS servers, ADDRESS or ADDRESS:PORT (default: the machine's).")
  private List<InetSocketAddress> resolvers = List.of();

  @Option(
      names = "--recursive-only",
      description =
          "Do not query authoritative name servers: for machines whose firewall blocks them.")
  private boolean isRecursiveOnly;

  @Option(
      names = "--deny",
      paramLabel = "NETWORK",
      split = ",",
      description =
          "Checks must not connect to these addresses or networks, such as 198.51.100.0/24. "
              + "Special-purpose networks and this machine's addresses are denied anyway.")
  private List<String> denied = List.of();

  @Option(
      names = "--allow",
      paramLabel = "NETWORK",
      split = ",",
      description =
          "Checks may connect to these networks although they are private or this machine's: for "
              + "CAs that validate inside a network. --deny takes precedence.")
  private List<String> allowed = List.of();

  @Option(
      names = "--caa",
      paramLabel = "NAME",
      split = ",",
      description =
          "Expect these names of the CA in CAA records, such as letsencrypt.org (default: those in "
              + "the CA's directory).")
  private List<String> caa = List.of();

  @Option(
      names = "--time-scale",
      paramLabel = "FACTOR",
      description =
          "For experiments: multiply all back-off times by this (default: 1); 0.001 turns hours "
              + "into seconds.")
  private double scale = 1;

  @Option(
      names = "--test-ports",
      paramLabel = "HTTP,TLS,DNS",
      split = ",",
      description =
          "FOR TESTS ONLY: checks use these ports and may connect to this machine, so anyone who "
              + "can order can reach services on it.")
  private List<Integer> testPorts = List.of();

  @Override
  public Integer call() throws Exception {
    try {
      Settings settings = settings();
      if (isCheck) {
        OrdersService.check(settings);
        System.out.println("the configuration is valid");
        System.out.flush();
        return CommandLine.ExitCode.OK;
      }
      makeFolder(); // only if the command is valid
      return serve(settings);
    } catch (QueueException e) {
      return fail(QUEUE, e.getMessage());
    } catch (BindException e) {
      return fail(
          LISTEN,
          "cannot listen on "
              + api.listen()
              + ": "
              + e.getMessage()
              + ". Choose another --listen.");
    } catch (IOException e) {
      return fail(CommandLine.ExitCode.USAGE, problem(e));
    }
  }

  private int serve(Settings settings) throws Exception {
    Log log = Log.to(System.err);
    if (settings.api() != null && OrdersApiOptions.isExposed(settings.api())) {
      log.write(
          "api_without_tls",
          "listen",
          api.listen(),
          "problem",
          "tokens cross the network unencrypted",
          "remedy",
          "--tls-cert and --tls-key, or a TLS proxy on this machine and a loopback address");
    }
    try (ShutdownContext context = Context.untilShutdown();
        OrdersService service = OrdersService.open(settings, log)) {
      if (settings.api() != null) {
        System.out.println(service.uri());
        System.out.flush();
      }
      Go.run(() -> service.run(context));
      return Main.status(context, CommandLine.ExitCode.OK);
    } catch (PanicException e) {
      if (e.getCause() instanceof NewerVersionException newer) {
        throw newer;
      }
      throw e;
    }
  }

  private static @Nullable String problem(IOException e) {
    // The message of these two exceptions is only the file's name.
    return switch (e) {
      case NoSuchFileException _ -> "there is no file " + e.getMessage();
      case AccessDeniedException _ -> e.getMessage() + ": permission denied";
      default -> e.getMessage();
    };
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
    api.check();
    checkFile("--queue-password", queuePassword);
    checkFile("--ca-trust", trust);
    checkFile("--roots", roots);
    checkFile("--eab-file", externalAccounts);
    if (!apiOnly && ca == null) {
      throw usage("--ca is missing: letsencrypt-staging to try it, or a directory's URL");
    }
    return new Settings(
        address(isShared),
        data,
        workersOnly ? null : api.settings(!testPorts.isEmpty(), Log.to(System.err)),
        apiOnly ? null : workers());
  }

  /** Where the queue is, with the password. */
  private String address(boolean isShared) throws IOException {
    if (queue == null || !isShared) {
      if (queuePassword != null) {
        throw usage("--queue-password is for a --queue in PostgreSQL");
      }
      return queue == null ? data.resolve("orders.db").toString() : queue;
    }
    String password = Utf8.environment().get("PGPASSWORD");
    if (queuePassword != null) {
      SafeFiles.checkSecret(queuePassword);
      password = Files.readString(queuePassword).strip();
    }
    return password == null ? queue : PostgresQueue.withPassword(queue, password);
  }

  private void checkFileName(String file) {
    try {
      var _ = Utf8.path(file);
    } catch (CommandLine.TypeConversionException e) {
      throw usage("--queue " + e.getMessage());
    }
  }

  static void checkFile(String option, @Nullable Path file) throws IOException {
    if (file != null && Files.isDirectory(file)) {
      throw new IOException(option + " " + file + " is a folder, not a file");
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
          "--data " + data + " has private keys, and any user may change it: chmod o-w " + data);
    }
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
      SafeFiles.checkSecret(externalAccounts);
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

  private AddressPolicy addresses() {
    try {
      return AddressPolicy.PUBLIC.withoutThisMachine().denying(denied).allowing(allowed);
    } catch (IllegalArgumentException e) {
      throw usage("--allow, --deny: " + e.getMessage());
    }
  }

  private AcmeAuthority.Load load() {
    return testPorts.isEmpty()
        ? AcmeAuthority.Load.of(REQUESTS)
        : AcmeAuthority.Load.ofPebble(REQUESTS);
  }

  private Settings.Workers workers() throws IOException {
    URI uri = OrdersCaSettings.directory(String.valueOf(ca));
    if (uri == null) {
      throw usage("--ca " + ca + " has to be an https:// address");
    }
    if (OrdersCaSettings.isStaging(uri) && roots == null) {
      throw usage(
          "--ca letsencrypt-staging needs --roots FILE with its root certificates, which the JDK does"
              + " not trust; they are at https://letsencrypt.org/docs/staging-environment/");
    }
    if (concurrency < 1 || !lease.isPositive() || !fallbackAfter.isPositive() || !(scale > 0)) {
      throw usage("--concurrency, --lease, --fallback-after and --time-scale have to be positive");
    }
    Network network = Network.open(Network.PER_ADDRESS, addresses());
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
    Settings.Authority first =
        new Settings.Authority(
            uri,
            trust,
            roots,
            accounts(),
            load(),
            new AcmeAuthority.Preferences(profile, chain),
            Set.copyOf(caa));
    SequencedMap<String, Settings.Authority> others = new LinkedHashMap<>();
    if (configuration != null) {
      for (Map.Entry<String, Map<String, String>> one :
          OrdersConfiguration.cas(configuration, Utf8.environment()).entrySet()) {
        others.put(
            one.getKey(),
            new OrdersCaSettings(one.getKey(), one.getValue()).authority(first, others));
      }
    }
    return new Settings.Workers(
        first,
        new Settings.Checks(
            network,
            resolvers.isEmpty() ? Resolver.systemServers() : resolvers,
            isRecursiveOnly
                ? Dns01Check.Servers.RECURSIVE_ONLY
                : Dns01Check.Servers.AUTHORITATIVE_AND_RECURSIVE,
            Set.copyOf(caa)),
        Pipeline.Settings.DEFAULT
            .with(consumer)
            .with(isOnce ? Renewals.DEFAULT.off() : Renewals.DEFAULT)
            .withFallbackAfter(fallbackAfter)
            .scaled(scale),
        notify.settings(data.resolve("certificates"), scale),
        others);
  }
}
