package io.heddle.cli;

import io.heddle.orders.ca.AcmeAuthority;
import io.heddle.orders.files.SafeFiles;
import io.heddle.orders.service.Settings;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The settings of a further CA, in a section {@code [ca NAME]} of the configuration file. */
final class OrdersCaSettings {
  /** The settings of a section. */
  static final List<String> NAMES =
      List.of(
          "directory",
          "trust",
          "roots",
          "agree-tos",
          "email",
          "eab-kid",
          "eab-key",
          "caa",
          "profile",
          "chain");

  private final String ca;
  private final Map<String, String> values;

  OrdersCaSettings(String ca, Map<String, String> values) {
    this.ca = ca;
    this.values = values;
  }

  /**
   * The CA.
   *
   * @param first the first CA, whose mode of accounts and limit on requests apply here, too
   * @param others the CAs of the sections before this one
   * @throws IOException if a setting is missing or wrong; the message says which
   */
  Settings.Authority authority(Settings.Authority first, Map<String, Settings.Authority> others)
      throws IOException {
    String directory = values.get("directory");
    if (directory == null) {
      throw wrong("directory is missing: the URL of the CA's ACME directory");
    }
    URI uri = directory(directory);
    if (uri == null) {
      throw wrong("directory " + directory + " has to be an https:// address");
    }
    if (uri.equals(first.directory())) {
      throw wrong("directory " + directory + " is that of --ca, too");
    }
    for (Map.Entry<String, Settings.Authority> other : others.entrySet()) {
      if (uri.equals(other.getValue().directory())) {
        throw wrong("directory " + directory + " is that of [ca " + other.getKey() + "], too");
      }
    }
    if (isStaging(uri) && !values.containsKey("roots")) {
      throw wrong("letsencrypt-staging needs roots, a file with its root certificates");
    }
    return new Settings.Authority(
        uri,
        file("trust"),
        file("roots"),
        new Settings.Accounts(first.accounts().mode(), registration(), Map.of(), false),
        first.load(),
        new AcmeAuthority.Preferences(values.get("profile"), values.get("chain")),
        Arrays.stream(values.getOrDefault("caa", "").split(","))
            .map(String::strip)
            .filter(name -> !name.isEmpty())
            .collect(Collectors.toUnmodifiableSet()));
  }

  /** The address of a CA's directory, from its URL or name; null if it is not one. */
  static @Nullable URI directory(String text) {
    String directory =
        switch (text) {
          case "letsencrypt" -> "https://acme-v02.api.letsencrypt.org/directory";
          case "letsencrypt-staging" -> "https://acme-staging-v02.api.letsencrypt.org/directory";
          default -> text;
        };
    try {
      URI uri = URI.create(directory);
      return "https".equals(uri.getScheme()) && uri.getHost() != null ? uri : null;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  static boolean isStaging(URI directory) {
    return "acme-staging-v02.api.letsencrypt.org".equals(directory.getHost());
  }

  private AcmeAuthority.Registration registration() throws IOException {
    boolean isAgreed =
        switch (values.getOrDefault("agree-tos", "false")) {
          case "true" -> true;
          case "false" -> false;
          default -> throw wrong("agree-tos must be true or false");
        };
    Path key = file("eab-key");
    if ((key == null) != (values.get("eab-kid") == null)) {
      throw wrong("eab-kid and eab-key, a file, belong together");
    }
    String secret = null;
    if (key != null) {
      SafeFiles.checkSecret(key);
      secret = Files.readString(key).strip();
    }
    return new AcmeAuthority.Registration(
        values.get("email"), isAgreed, values.get("eab-kid"), secret);
  }

  private @Nullable Path file(String name) throws IOException {
    String value = values.get(name);
    if (value == null) {
      return null;
    }
    Path file = Path.of(value);
    if (!Files.isReadable(file) || Files.isDirectory(file)) {
      throw wrong(name + " " + value + " is not a file that can be read");
    }
    return file;
  }

  private IOException wrong(String problem) {
    return new IOException("[ca " + ca + "]: " + problem);
  }
}
