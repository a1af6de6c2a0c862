package io.heddle.cli;

import io.heddle.orders.api.ApiClient;
import java.io.IOException;
import java.net.URI;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** A command that calls the API of a service, and the meaning of the API's failures. */
@Command(
    exitCodeList = {
      "0:printed",
      "2:the command line is wrong",
      "3:the service denied access",
      "4:the service does not answer",
      "5:there is no such order"
    })
abstract class OrdersClientCommand extends Subcommand {
  private static final int NOT_LET_IN = 3;
  private static final int NO_ANSWER = 4;
  private static final int REFUSED = 5;

  @Option(
      names = "--server",
      paramLabel = "URL",
      defaultValue = "${env:HEDDLE_ORDERS_URL:-http://127.0.0.1:8480}",
      description =
          "Use the service at this URL (default: HEDDLE_ORDERS_URL, or ${DEFAULT-VALUE}). The token is "
              + "in HEDDLE_ORDERS_TOKEN.")
  private String server = "";

  /** Throws a {@link #usage} exception if the arguments are wrong, with or without a token. */
  void check() {}

  /** Calls the API, and prints the result. */
  abstract void run(ApiClient client)
      throws ApiClient.RefusedException, IOException, InterruptedException;

  /** The key of a submission; null to generate one. */
  @Nullable String idempotencyKey() {
    return null;
  }

  @Override
  public Integer call() throws InterruptedException {
    check();
    String token = Utf8.environment().get("HEDDLE_ORDERS_TOKEN");
    if (token == null || token.isBlank()) {
      return fail(
          NOT_LET_IN,
          "HEDDLE_ORDERS_TOKEN is not set. Set it to the token that serve has there, or to one of its --tokens.");
    }
    try (ApiClient client = new ApiClient(URI.create(server), token.strip(), idempotencyKey())) {
      run(client);
      System.out.flush();
      return CommandLine.ExitCode.OK;
    } catch (ApiClient.RefusedException e) {
      return fail(e.status() == 401 || e.status() == 403 ? NOT_LET_IN : REFUSED, e.getMessage());
    } catch (IOException e) {
      return fail(NO_ANSWER, "no answer from " + server + ": " + e.getMessage());
    } catch (IllegalArgumentException e) {
      return fail(CommandLine.ExitCode.USAGE, "--server: " + e.getMessage());
    }
  }
}
