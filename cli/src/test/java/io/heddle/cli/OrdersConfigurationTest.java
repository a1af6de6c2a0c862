package io.heddle.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class OrdersConfigurationTest {
  @TempDir private Path folder;

  private Path write(String text) throws IOException {
    return Files.writeString(folder.resolve("orders.conf"), text);
  }

  private static String[] expand(String... arguments) throws IOException {
    return OrdersConfiguration.expand(
        arguments, Map.of("STATE_DIRECTORY", "/var/lib/a$1", "CREDENTIALS_DIRECTORY", "/run/c"));
  }

  @Test
  void aFileIsReplacedByItsOptions() throws Exception {
    Path file =
        write(
            """
            # a comment
            data = ${STATE_DIRECTORY}/x
            agree-tos = true
            recursive-only = false
              resolver=192.0.2.1,192.0.2.2

            ca = https://ca.example/directory?a=b
            """);
    assertArrayEquals(
        new String[] {
          "orders",
          "serve",
          "--data=/var/lib/a$1/x",
          "--agree-tos",
          "--resolver=192.0.2.1,192.0.2.2",
          "--ca=https://ca.example/directory?a=b",
          "--config",
          file.toString()
        },
        expand("orders", "serve", "--config", file.toString()));
  }

  @Test
  void theCommandLineTakesPrecedence() throws Exception {
    Path file = write("ca = letsencrypt\nlease = 2m\n");
    String config = "--config=" + file;
    assertArrayEquals(
        new String[] {"orders", "serve", "--lease=2m", config, "--ca", "other"},
        expand("orders", "serve", config, "--ca", "other"));
    assertArrayEquals(
        new String[] {"orders", "serve", "--ca=letsencrypt", config, "--lease=1m"},
        expand("orders", "serve", config, "--lease=1m"));
  }

  @Test
  void sectionsAreFurtherCas() throws Exception {
    Path file =
        write(
            """
            ca = letsencrypt
            [ca other]
            directory = https://ca.example/${STATE_DIRECTORY}
            # a comment
            profile = shortlived

            [ca third]
            directory = https://third.example/
            """);
    assertArrayEquals(
        new String[] {"orders", "serve", "--ca=letsencrypt", "--config", file.toString()},
        expand("orders", "serve", "--config", file.toString()));
    assertEquals(
        "{other={directory=https://ca.example/x, profile=shortlived},"
            + " third={directory=https://third.example/}}",
        OrdersConfiguration.cas(file, Map.of("STATE_DIRECTORY", "x")).toString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[other]|line 1: [other] is not a section: [ca NAME]",
        "[ca main]|line 1: 'main' cannot be the name of a CA",
        "[ca ../a]|line 1: '../a' cannot be the name of a CA",
        "[ca a];[ca a]|line 2: there are two sections [ca a]",
        "[ca a];listen = b:1|line 2: 'listen' is not a setting of a CA; there are directory",
        "[ca a];email =|line 2: 'email' has no value",
        "[ca a];email = a;email = b|line 3: 'email' occurs twice",
        "[ca a];email|line 2: not NAME = VALUE"
      })
  void aSectionThatIsWrongIsNamed(String lines, String problem) throws Exception {
    Path file = write(lines.replace(';', '\n') + "\n");
    IOException failure =
        assertThrows(IOException.class, () -> OrdersConfiguration.cas(file, Map.of()));
    assertTrue(failure.getMessage().startsWith(file + ", " + problem), failure::getMessage);
  }

  @Test
  void otherCommandsAreNotTouched() throws Exception {
    for (String[] one :
        List.of(
            new String[] {"orders", "list", "--config", "none"},
            new String[] {"orders", "serve"},
            new String[] {})) {
      assertArrayEquals(one, expand(one));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "listen|line 1: not NAME = VALUE",
        "lisen = a:1|line 1: 'lisen' is not a setting; did you mean 'listen'?",
        "zzz = 1|line 1: 'zzz' is not a setting; heddle orders serve --help lists the options",
        "config = other|line 1: 'config' is not a setting",
        "change-ca = true|line 1: 'change-ca' is not a setting",
        "agree-tos = yes|line 1: 'agree-tos' must be true or false",
        "ca = |line 1: 'ca' has no value",
        "data = ${NOTHING}/x|line 1: the environment variable NOTHING is not set"
      })
  void aLineThatIsWrongIsNamed(String line, String problem) throws Exception {
    Path file = write(line + "\n");
    IOException failure =
        assertThrows(IOException.class, () -> expand("orders", "serve", "--config=" + file));
    assertTrue(failure.getMessage().startsWith(file + ", " + problem), failure::getMessage);
  }

  @Test
  void aFileThatCannotBeUsedIsNamed() throws Exception {
    IOException failure =
        assertThrows(IOException.class, () -> expand("orders", "serve", "--config=none.conf"));
    assertEquals("there is no file none.conf", failure.getMessage());
    Path twice = write("ca = a\n\nca = b\n");
    failure = assertThrows(IOException.class, () -> expand("orders", "serve", "--config=" + twice));
    assertEquals(twice + ", line 3: 'ca' was set in line 1, too", failure.getMessage());
    Path open = write("queue = postgresql://orders:secret@db/orders\n");
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rw-r--r--"));
    failure = assertThrows(IOException.class, () -> expand("orders", "serve", "--config=" + open));
    assertTrue(failure.getMessage().contains("chmod o-rwx"), failure::getMessage);
  }

  /** Each setting of the example is one, and the file says nothing of an older version. */
  @Test
  void theExampleIsValid() throws Exception {
    Path example = Path.of("..", "deploy", "orders.conf");
    String[] expanded = expand("orders", "serve", "--config=" + example);
    assertEquals("--data=/var/lib/a$1", expanded[2]);
    assertTrue(
        List.of(expanded).contains("--tokens=/run/c/tokens"), () -> String.join(" ", expanded));
    String all = Files.readString(example).replaceAll("(?m)^# (\\S+ = |\\[)", "$1");
    Path commented = write(all);
    assertTrue(expand("orders", "serve", "--config=" + commented).length > expanded.length);
    assertEquals(
        List.of("backup"),
        List.copyOf(OrdersConfiguration.cas(commented, Map.of()).sequencedKeySet()));
  }
}
