package io.heddle.cli;

import static io.heddle.cli.OrdersServeCommand.checkFile;

import io.heddle.orders.files.CertificateFolder;
import io.heddle.orders.files.SafeFiles;
import io.heddle.orders.notify.CommandHook;
import io.heddle.orders.notify.Notifications;
import io.heddle.orders.notify.Webhook;
import io.heddle.orders.notify.WebhookSecret;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** The options for notifications about orders. */
final class OrdersNotifyOptions {
  private static final String SECRET = "HEDDLE_ORDERS_WEBHOOK_SECRET";

  @CommandLine.Spec(CommandLine.Spec.Target.MIXEE)
  private CommandLine.Model.CommandSpec spec;

  @Option(
      names = "--webhook",
      paramLabel = "URL",
      description =
          "Post a signed notification to this URL when a customer has to act, and when an order is "
              + "issued, renewed, failed or about to expire. Needs a secret.")
  private @Nullable String webhook; // no URI: the message about a malformed one would show it

  @Option(
      names = "--webhook-secret",
      paramLabel = "FILE",
      description =
          "Sign with the secret in this file: whsec_ and 24 to 64 bytes in base64. Two lines are two "
              + "secrets, for the time of a change (default: the one in "
              + SECRET
              + ").")
  private @Nullable Path secret;

  @Option(
      names = "--hook",
      paramLabel = "FILE",
      description =
          "Run this command for each notification, which it reads as JSON from its standard input.")
  private @Nullable Path hook;

  /**
   * Reads the settings.
   *
   * @param certificates where the certificates are
   * @param scale the factor for the waits between attempts
   */
  Notifications settings(Path certificates, double scale) throws IOException {
    return Notifications.to(
        webhook(),
        hook == null ? null : new CommandHook(command(hook), new CertificateFolder(certificates)),
        Notifications.BACKOFF.scaled(scale));
  }

  private @Nullable Webhook webhook() throws IOException {
    if (webhook == null) {
      if (secret != null) {
        throw usage("--webhook-secret is for a --webhook");
      }
      return null;
    }
    URI address;
    try {
      address = new URI(webhook);
    } catch (URISyntaxException e) {
      throw noAddress();
    }
    if (address.getHost() == null || !String.valueOf(address.getScheme()).matches("https?")) {
      throw noAddress();
    }
    if (address.getUserInfo() != null || address.getFragment() != null) {
      throw usage(
          "--webhook must not have a user name, a password or a #: the signature proves who sends");
    }
    return new Webhook(address, readSecret());
  }

  /** Does not show the address, which may contain a secret. */
  private CommandLine.ParameterException noAddress() {
    return usage(
        "--webhook has to be an http:// or https:// address, with special characters encoded");
  }

  private WebhookSecret readSecret() throws IOException {
    String from = secret == null ? SECRET : "--webhook-secret " + secret;
    String text;
    if (secret == null) {
      text = Utf8.environment().get(SECRET);
      if (text == null) {
        throw usage("--webhook needs a secret: give --webhook-secret FILE, or set " + SECRET);
      }
    } else {
      checkFile("--webhook-secret", secret);
      SafeFiles.checkSecret(secret);
      text = Files.readString(secret);
    }
    try {
      return WebhookSecret.of(text);
    } catch (IllegalArgumentException e) {
      throw new IOException(from + ": " + e.getMessage(), e);
    }
  }

  private static Path command(Path file) throws IOException {
    checkFile("--hook", file);
    if (!Files.isExecutable(file)) {
      throw new IOException(
          "--hook " + file + (Files.exists(file) ? " is not executable" : " does not exist"));
    }
    return file;
  }

  private CommandLine.ParameterException usage(String message) {
    return new CommandLine.ParameterException(spec.commandLine(), message);
  }
}
