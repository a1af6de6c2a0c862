package io.heddle.cli;

import io.heddle.orders.api.ApiClient;
import java.io.IOException;
import java.net.URI;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** The service that a command talks to, and the meaning of its failures. */
final class OrdersServer {
  static final int NOT_LET_IN = 3;
  static final int NO_ANSWER = 4;
  static final int REFUSED = 5;

  @CommandLine.Spec(CommandLine.Spec.Target.MIXEE)
  private CommandLine.Model.CommandSpec spec;

  @Option(
      names = "--server",
      paramLabel = "URL",
      defaultValue = "${env:HEDDLE_ORDERS_URL:-http://127.0.0.1:8480}",
      description =
          "Use the service at this URL (default: HEDDLE_ORDERS_URL, or ${DEFAULT-VALUE}). The token is "
              + "in HEDDLE_ORDERS_TOKEN.")
  private String server = "";

  interface Work {
    int with(ApiClient client) throws ApiClient.RefusedException, IOException, InterruptedException;
  }

  int call(@Nullable String idempotencyKey, Work work) throws InterruptedException {
    String token = Utf8.environment().get("HEDDLE_ORDERS_TOKEN");
    if (token == null || token.isBlank()) {
      return fail(
          NOT_LET_IN,
          "HEDDLE_ORDERS_TOKEN is not set. Set it to the token that serve has there, or to one of its --tokens.");
    }
    try (ApiClient client = new ApiClient(URI.create(server), token.strip(), idempotencyKey)) {
      return work.with(client);
    } catch (ApiClient.RefusedException e) {
      return fail(e.status() == 401 || e.status() == 403 ? NOT_LET_IN : REFUSED, e.getMessage());
    } catch (IOException e) {
      return fail(NO_ANSWER, "no answer from " + server + ": " + e.getMessage());
    } catch (IllegalArgumentException e) {
      return fail(CommandLine.ExitCode.USAGE, "--server: " + e.getMessage());
    }
  }

  int fail(int status, @Nullable String message) {
    note(message);
    return status;
  }

  void note(@Nullable String message) {
    spec.commandLine().getErr().println(spec.qualifiedName() + ": " + message);
  }
}
