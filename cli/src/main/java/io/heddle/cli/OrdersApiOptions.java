package io.heddle.cli;

import static io.heddle.cli.OrdersServeCommand.checkFile;

import io.heddle.orders.api.CustomerLimits;
import io.heddle.orders.api.DomainGate;
import io.heddle.orders.api.Policy;
import io.heddle.orders.api.Tokens;
import io.heddle.orders.service.Settings;
import io.heddle.orders.telemetry.Log;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** The options of the service's API. */
final class OrdersApiOptions {
  @CommandLine.Spec(CommandLine.Spec.Target.MIXEE)
  private CommandLine.Model.CommandSpec spec;

  @Option(
      names = "--listen",
      paramLabel = "HOST:PORT",
      description = "Serve the API on this address (default: ${DEFAULT-VALUE}).")
  private String listen = "127.0.0.1:8480";

  @Option(
      names = "--tls-cert",
      paramLabel = "FILE",
      description =
          "Serve the API by TLS with this certificate and its intermediates, in PEM. The file is "
              + "read again when it changes. Needs --tls-key.")
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
          "Write a line for each request to the API, in the combined log format. If the name "
              + "contains yyyy_mm_dd, each day has a file of its own, which is kept for a month.")
  private @Nullable Path accessLog;

  @Option(
      names = "--tokens",
      paramLabel = "FILE",
      description =
          "Customers who may use the API: one line each with a name, a token or sha256:DIGEST, and "
              + "maybe expires=DATE. 'admin' may do everything. The file is read again when it changes "
              + "(default: only admin, with the token in HEDDLE_ORDERS_TOKEN).")
  private @Nullable Path tokens;

  @Option(
      names = "--limits",
      paramLabel = "FILE",
      description =
          "Limit customers: one line each with a name, or * for all others, and any of orders=N (an "
              + "hour), open=N, replays=N (an hour) and domains=NAME,NAME (default: 300, 1000, 30, "
              + "any). The file is read again when it changes.")
  private @Nullable Path limits;

  @Option(
      names = "--csr-only",
      description =
          "Accept only orders with a signing request: the service then never has a certificate's "
              + "private key.")
  private boolean needsCsr;

  @Option(
      names = "--names",
      paramLabel = "public|any",
      description =
          "Accept only names that CAs of the public internet certify, or any name, for a private CA "
              + "(default: public; any with --test-ports).")
  private @Nullable String names;

  @Option(
      names = "--ask",
      paramLabel = "URL",
      description =
          "Before accepting an order, ask this URL about each name: GET URL?domain=NAME&customer=NAME. "
              + "Status 200 allows the name.")
  private @Nullable URI ask;

  String listen() {
    return listen;
  }

  /** Whether other machines can reach the API, and its traffic can be read. */
  static boolean isExposed(Settings.Api api) {
    InetAddress address = api.listen().getAddress();
    return api.certificate() == null && (address == null || !address.isLoopbackAddress());
  }

  /** Refuses files that cannot be used. */
  void check() throws IOException {
    checkFile("--tls-cert", certificate);
    checkFile("--tls-key", key);
    checkFile("--tokens", tokens);
    checkFile("--limits", limits);
    if (accessLog != null && !Files.isDirectory(accessLog.toAbsolutePath().resolveSibling(""))) {
      throw new IOException("--access-log " + accessLog + " cannot be written: no such folder");
    }
  }

  private Tokens readTokens(Log log) throws IOException {
    if (tokens != null) {
      return Tokens.read(tokens, log);
    }
    String token = Utf8.environment().get("HEDDLE_ORDERS_TOKEN");
    if (token == null || token.length() < 16) {
      throw usage(
          "who may use the API? Give --tokens FILE, or at least 16 characters in HEDDLE_ORDERS_TOKEN");
    }
    return Tokens.admin(token);
  }

  /** Makes settings; names may be of any kind by default in a test. */
  Settings.Api settings(boolean isTest, Log log) throws IOException {
    if ((certificate == null) != (key == null)) {
      throw usage("--tls-cert and --tls-key are needed together");
    }
    return new Settings.Api(
        address(listen),
        readTokens(log),
        policy(isTest, log),
        certificate == null || key == null ? null : new Settings.Certificate(certificate, key),
        accessLog);
  }

  private Policy policy(boolean isTest, Log log) throws IOException {
    if (names != null && !names.equals("public") && !names.equals("any")) {
      throw usage("--names " + names + " is not public or any");
    }
    if (ask != null
        && (ask.getHost() == null || !String.valueOf(ask.getScheme()).matches("https?"))) {
      throw usage("--ask " + ask + " has to be an http:// or https:// address");
    }
    return new Policy(
        limits == null ? CustomerLimits.standard() : CustomerLimits.read(limits, log),
        needsCsr,
        names == null ? !isTest : names.equals("public"),
        ask == null ? null : new DomainGate(ask));
  }

  private InetSocketAddress address(String text) {
    int colon = text.lastIndexOf(':');
    try {
      if (colon > 0) {
        String host = text.substring(0, colon).replaceAll("^\\[|\\]$", "");
        return new InetSocketAddress(host, Integer.parseInt(text.substring(colon + 1)));
      }
    } catch (IllegalArgumentException e) {
      // treated like an address without a port
    }
    throw usage("'" + text + "' is not HOST:PORT");
  }

  private CommandLine.ParameterException usage(String message) {
    return new CommandLine.ParameterException(spec.commandLine(), message);
  }
}
