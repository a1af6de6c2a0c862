package io.heddle.cli;

import io.heddle.Context;
import io.heddle.ShutdownContext;
import io.heddle.preflight.CaaCheck;
import io.heddle.preflight.Dns01Check;
import io.heddle.preflight.Issuer;
import io.heddle.preflight.JsonReport;
import io.heddle.preflight.Limits;
import io.heddle.preflight.Network;
import io.heddle.preflight.OrderReport;
import io.heddle.preflight.Preflight;
import io.heddle.preflight.PreflightAuthorization;
import io.heddle.preflight.PreflightChallenge;
import io.heddle.preflight.Reachability;
import io.heddle.preflight.Resolver;
import io.heddle.preflight.TextReport;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Checks challenges before a CA does. */
@Command(
    name = "check",
    customSynopsis = "heddle orders check DOMAIN[=KEY_AUTHORIZATION]... [OPTIONS]",
    header =
        "Predicts whether a CA would accept a domain's challenge now, and if not, explains why.",
    description = {
      "",
      "Repeats the steps of a CA's validation: resolves the name, connects to port 80 or 443, follows "
          + "redirects, queries all name servers of the zone for the TXT record, and reads CAA "
          + "records. Prints the addresses, redirects, statuses, name servers and times. Sends nothing "
          + "to a CA, so the check does not count against its rate limits.",
      "",
      "The ACME client knows the key authorization of a challenge, TOKEN.THUMBPRINT. Without one, the "
          + "check uses a random token, and reports whether the CA would reach the server. Use this "
          + "before you order.",
      ""
    },
    footer = {
      "",
      "Verdicts:",
      "  ready      the CA would accept",
      "  NOT YET    it would not, for a reason that may be temporary: a server is down",
      "  WILL FAIL  it would not until someone changes something: a private address, CAA",
      "  unknown    no result: a resolver does not answer",
      "",
      "Examples:",
      "  heddle orders check example.org                      can the CA reach the server?",
      "  heddle orders check example.org=TOKEN.THUMBPRINT     is the answer in place?",
      "  heddle orders check example.org --type http-01 --token T --thumbprint P",
      "  heddle orders check '*.example.org' --trace          dns-01, with all steps",
      "  heddle orders check example.org --resolver 1.1.1.1 --resolver 9.9.9.9 --json",
      "",
      "With --json, standard output is one object: verdict, took_ms and authorizations, each with "
          + "its challenges, their problem as the CA would report it (RFC 7807), and the trace."
    },
    exitCodeList = {
      "0:ready; without a key authorization: only the answer is missing",
      "1:an unexpected failure",
      "2:the command line is wrong",
      "3:not yet, for at least one domain",
      "4:will fail, for at least one domain",
      "5:unknown, for at least one domain",
      "130:stopped by Ctrl-C (143: by SIGTERM)"
    },
    sortOptions = false)
final class OrdersCheckCommand extends Subcommand {
  private static final int NOT_YET = 3;
  private static final int WILL_FAIL = 4;
  private static final int UNKNOWN = 5;
  private static final List<String> TYPES =
      List.of(
          PreflightChallenge.HTTP_01, PreflightChallenge.DNS_01, PreflightChallenge.TLS_ALPN_01);

  @Parameters(
      paramLabel = "DOMAIN",
      arity = "1..*",
      description =
          "Check this domain. A wildcard begins with *. (in quotes). Its key authorization may "
              + "follow: example.org=TOKEN.THUMBPRINT")
  private List<String> domains;

  @ArgGroup(validate = false, heading = "%nThe challenge:%n")
  private ChallengeOptions challenge = new ChallengeOptions();

  private static final class ChallengeOptions {
    @Option(
        names = "--type",
        paramLabel = "TYPE",
        split = ",",
        description =
            "Check http-01, dns-01 or tls-alpn-01. If several are given, one must be ready (default: "
                + "all that the domain can use).")
    private List<String> types = List.of();

    @Option(
        names = "--token",
        paramLabel = "TOKEN",
        description = "Expect this token of the challenge. Needs --thumbprint.")
    private @Nullable String token;

    @Option(
        names = "--thumbprint",
        paramLabel = "TEXT",
        description = "Expect this thumbprint of the account's key, in base64url.")
    private @Nullable String thumbprint;

    @Option(
        names = "--key-auth",
        paramLabel = "TEXT",
        description = "Expect this key authorization, TOKEN.THUMBPRINT, instead of both.")
    private @Nullable String keyAuthorization;
  }

  @ArgGroup(validate = false, heading = "%nThe CA:%n")
  private CaOptions ca = new CaOptions();

  private static final class CaOptions {
    @Option(
        names = "--ca",
        paramLabel = "NAME",
        description =
            "Expect this name of the CA in CAA records (default: letsencrypt.org). May be repeated.")
    private List<String> names = List.of("letsencrypt.org");

    @Option(
        names = "--account",
        paramLabel = "URI",
        description = "Compare this ACME account with CAA records that name one.")
    private @Nullable String account;

    @Option(names = "--no-caa", description = "Ignore CAA records.")
    private boolean isCaaIgnored;
  }

  @ArgGroup(validate = false, heading = "%nThe network:%n")
  private LookOptions look = new LookOptions();

  private static final class LookOptions {
    @Option(
        names = "--resolver",
        paramLabel = "ADDRESS",
        converter = NameServerConverter.class,
        description =
            "Query this recursive DNS server, ADDRESS or ADDRESS:PORT (default: the machine's). May be "
                + "repeated.")
    private List<InetSocketAddress> resolvers = List.of();

    @Option(
        names = "--recursive-only",
        description =
            "For dns-01, do not query authoritative name servers: for machines whose firewall blocks "
                + "them, and for zones with several views.")
    private boolean isRecursiveOnly;

    @Option(
        names = "--timeout",
        paramLabel = "TIME",
        converter = DurationConverter.class,
        description = "Give up a challenge after this time (default: 20s, as the CA does).")
    private Duration timeout = Limits.DEFAULT.check();

    @Option(
        names = "--total-timeout",
        paramLabel = "TIME",
        converter = DurationConverter.class,
        description = "Give up after this time in total (default: 60s).")
    private Duration total = Limits.DEFAULT.order();

    @Option(
        names = "--concurrency",
        paramLabel = "N",
        description =
            "Open up to N connections and DNS queries at a time (default: ${DEFAULT-VALUE}).")
    private int concurrency = Network.IN_ALL;
  }

  @ArgGroup(validate = false, heading = "%nOutput:%n")
  private OutputOptions output = new OutputOptions();

  private static final class OutputOptions {
    @Option(names = "--json", description = "Print a JSON object instead of text.")
    private boolean isJson;

    @Option(
        names = "--trace",
        description = "Print all steps, including those of challenges that are ready.")
    private boolean isTraced;
  }

  @ArgGroup(validate = false, heading = "%nFor tests only:%n")
  private TestOptions test = new TestOptions();

  private static final class TestOptions {
    @Option(
        names = "--test-allow-loopback",
        description =
            "Connect to loopback addresses, which are refused otherwise, like all special-purpose "
                + "addresses.")
    private boolean isLoopbackAllowed;

    @Option(
        names = "--test-ports",
        paramLabel = "HTTP,HTTPS,DNS",
        hideParamSyntax = true,
        split = ",",
        description =
            "Connect to these ports instead of 80, 443 and 53. Needs --test-allow-loopback.")
    private List<Integer> ports = List.of();
  }

  @Override
  public Integer call() throws Exception {
    List<PreflightAuthorization> authorizations =
        domains.stream().map(this::authorization).toList();
    boolean isComplete = domains.stream().allMatch(this::hasKeyAuthorization);
    Preflight preflight = preflight();
    try (ShutdownContext context = Context.untilShutdown()) {
      OrderReport report = preflight.check(context, authorizations);
      return Main.status(context, tell(isComplete ? report : Reachability.of(report)));
    }
  }

  private int tell(OrderReport told) {
    if (output.isJson) {
      System.out.println(JsonReport.of(told));
    } else {
      System.out.print(TextReport.of(told, output.isTraced));
    }
    return switch (told.verdict()) {
      case READY -> CommandLine.ExitCode.OK;
      case NOT_YET -> NOT_YET;
      case WILL_FAIL -> WILL_FAIL;
      case UNKNOWN -> UNKNOWN;
    };
  }

  private boolean hasKeyAuthorization(String argument) {
    return argument.contains("=") || challenge.keyAuthorization != null || challenge.token != null;
  }

  private PreflightAuthorization authorization(String argument) {
    int equals = argument.indexOf('=');
    String domain = equals < 0 ? argument : argument.substring(0, equals);
    String keyAuthorization =
        equals < 0 ? commonKeyAuthorization() : argument.substring(equals + 1);
    String token = keyAuthorization.replaceFirst("\\..*", "");
    try {
      List<PreflightChallenge> challenges =
          types(domain).stream()
              .map(type -> new PreflightChallenge(domain, type, token, keyAuthorization))
              .toList();
      return new PreflightAuthorization(domain, challenges);
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
  }

  private List<String> types(String domain) {
    for (String type : challenge.types) {
      if (!TYPES.contains(type)) {
        throw usage("--type: there is no '" + type + "', only " + String.join(", ", TYPES));
      }
    }
    if (!challenge.types.isEmpty()) {
      return challenge.types;
    }
    return domain.startsWith("*.") ? List.of(PreflightChallenge.DNS_01) : TYPES;
  }

  /** The key authorization from the command line; an invented one if none was given. */
  private String commonKeyAuthorization() {
    if (challenge.keyAuthorization != null) {
      if (challenge.token != null || challenge.thumbprint != null) {
        throw usage("--key-auth is both: give it, or --token and --thumbprint");
      }
      return challenge.keyAuthorization;
    }
    if ((challenge.token == null) != (challenge.thumbprint == null)) {
      throw usage("--token and --thumbprint belong together: TOKEN.THUMBPRINT is looked for");
    }
    return challenge.token != null
        ? challenge.token + "." + challenge.thumbprint
        : made() + "." + made();
  }

  private static String made() {
    byte[] bytes = new byte[32];
    new SecureRandom().nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private Preflight preflight() {
    if (!look.timeout.isPositive() || !look.total.isPositive() || look.concurrency < 1) {
      throw usage("--timeout, --total-timeout and --concurrency have to be positive");
    }
    try {
      Network network = network().limitedTo(look.concurrency);
      List<InetSocketAddress> servers =
          look.resolvers.isEmpty() ? Resolver.systemServers() : look.resolvers;
      // If a resolver does not answer there must be time to ask another.
      Resolver resolver = new Resolver(network, servers, look.timeout.dividedBy(2));
      return Preflight.standard(
          resolver,
          look.isRecursiveOnly
              ? Dns01Check.Servers.RECURSIVE_ONLY
              : Dns01Check.Servers.AUTHORITATIVE_AND_RECURSIVE,
          ca.isCaaIgnored
              ? null
              : new CaaCheck(resolver, Issuer.of(Set.copyOf(ca.names), ca.account)),
          new Limits(look.timeout, look.total, look.total));
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
  }

  private Network network() {
    if (test.ports.isEmpty() && !test.isLoopbackAllowed) {
      return Network.open(Network.PER_ADDRESS);
    }
    if (!test.isLoopbackAllowed) {
      throw usage("--test-ports is for --test-allow-loopback only: a CA uses 80, 443 and 53");
    }
    if (!test.ports.isEmpty() && test.ports.size() != 3) {
      throw usage("--test-ports needs three ports: HTTP,HTTPS,DNS");
    }
    return Network.withLoopbackForTests(
        test.ports.isEmpty()
            ? Network.Ports.STANDARD
            : new Network.Ports(test.ports.get(0), test.ports.get(1), test.ports.get(2)),
        Network.PER_ADDRESS);
  }
}
