package io.heddle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

@Tag("slow")
final class MainTest {

  @Test
  void helpAndVersionSucceed() {
    assertEquals(CommandLine.ExitCode.OK, Main.run("--help"));
    assertEquals(CommandLine.ExitCode.OK, Main.run("--version"));
  }

  /** What a command prints to standard output. */
  private static String output(int status, String... args) {
    return output(status, () -> Main.run(args));
  }

  private static String outputOn(String terminal, String... args) {
    return output(CommandLine.ExitCode.OK, () -> Main.runOn(terminal, args));
  }

  private static String output(int status, IntSupplier command) {
    PrintStream before = System.out;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
      System.setOut(out);
      assertEquals(status, command.getAsInt());
    } finally {
      System.setOut(before);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  /** What a command that is refused prints to standard error. */
  private static String complaint(String... args) {
    PrintStream before = System.err;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (PrintStream err = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
      System.setErr(err);
      assertEquals("", output(CommandLine.ExitCode.USAGE, args));
    } finally {
      System.setErr(before);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Nested
  final class BenchCommand {
    @Test
    void namesThePeersThereAre() {
      assertEquals(
          "heddle bench: --peers: no peer is called 'rust'; there are heddle, heddle-jdk, go,"
              + " kotlin, jox, juc; see heddle bench --help\n",
          complaint("bench", "--peers", "heddle,rust"));
    }

    @Test
    void refusesWhatCannotWorkBeforeItRuns() {
      assertEquals(
          "heddle bench: --filter: Unclosed group: (; see heddle bench --help\n",
          complaint("bench", "--filter", "("));
      String empty =
          "heddle bench: --filter is empty: leave it out for all rows; see heddle bench --help\n";
      assertEquals(empty, complaint("bench", "--filter", ""));
      assertEquals(empty, complaint("bench", "--filter="));
      assertTrue(complaint("bench", "--procs", "0").contains("needs at least 1"));
    }

    @Test
    void refusesFilesThatItCouldNotWriteInTheEnd(@TempDir Path folder) {
      assertEquals(
          "heddle bench: --json /nowhere/figures.json: there is no folder /nowhere;"
              + " see heddle bench --help\n",
          complaint("bench", "--json", "/nowhere/figures.json"));
      String page = folder.resolve("page").toString();
      assertEquals(
          "heddle bench: --markdown "
              + page
              + " would overwrite the file of --chart: name another; see heddle bench --help\n",
          complaint("bench", "--markdown", page, "--chart", page));
    }

    @Test
    void saysWhereTheRowsAreIfNoneIsFound() {
      Assumptions.assumeTrue(
          Files.exists(Path.of("../bench/target/heddle-bench.jar")), "the peers are not packaged");
      assertEquals(
          "heddle bench: --filter Nope: no peer that takes part has such a row;"
              + " `heddle bench --list --quick` shows them all\n",
          complaint("bench", "--peers", "juc", "--quick", "--filter", "Nope"));
    }

    @Test
    void explainsTheTable() {
      String help = output(0, "bench", "--help").replaceAll("\\s+", " ");
      assertTrue(help.contains("median") && help.contains("--quick"), help);
      assertTrue(help.contains("as fast Heddle is as Go, and as the fastest of Go, Kotlin"), help);
    }
  }

  @Nested
  final class PurgeCommand {
    @ParameterizedTest
    @CsvSource({
      "--match=[, --match '[' is not a pattern",
      "--match=/[/, --match '/[/' is not a pattern",
      "--match=, --match has an empty pattern",
      "--exclude=, --exclude has an empty pattern",
      "--max-errors=-5, --max-errors is at least 0",
      "--max-delete=-1, --max-delete is at least 0",
      "--max-error-rate=5, '--max-error-rate is a part, from 0 to 1'",
      "--max-error-rate=-1, '--max-error-rate is a part, from 0 to 1'",
      "--concurrency=0, --concurrency is from 1 to 10000",
      "--concurrency=2147483647, --concurrency is from 1 to 10000",
      "--min-concurrency=0, --min-concurrency is from 1 to 10000",
      "--batch=0, --batch is from 1 to 100000",
      "--page=2147483647, --page is from 1 to 100000",
      "--pipeline=0, --pipeline is from 1 to 1000",
      "--attempts=0, --attempts is from 1 to 1000000",
      "--rate=0, --rate is positive",
      "--burst=0, --burst is at least 1",
      "--passes=0, --passes is at least 1",
      "--timeout=0s, --timeout is positive",
      "--timeout=25h, --timeout can be at most 24h",
      "--max-duration=0, --max-duration is positive",
      "--max-duration=999999999h, more than a hundred years",
      "--max-duration=1h30, option '--max-duration': '1h30' is not a duration: 500ms",
      "--rate=x, --rate",
      "--max-delete=x, --max-delete",
      "--larger-than=x, --larger-than",
      "--larger-than=-1, --larger-than is at least 0",
      "--idle-over=x, --idle-over",
      "--shard=5/4, --shard is like 1/4",
      "--shard=0/4, --shard is like 1/4",
      "--from=, --from is empty",
      "--details, --details goes with --dry-run",
      "--deleted-keys=, --deleted-keys has an empty file name",
      "--checkpoint=, --checkpoint has an empty file name",
      "--failed-keys=, --failed-keys has an empty file name"
    })
    void namesTheOptionThatMakesNoSense(String option, String why) {
      String keys = option.startsWith("--match") ? "--yes" : "--all";
      String complaint = complaint("purge", "fastly:id", keys, option);
      assertTrue(complaint.startsWith("heddle purge: "), complaint);
      assertTrue(complaint.contains(why), complaint);
      assertEquals(1, complaint.lines().count(), complaint);
    }

    @ParameterizedTest
    @CsvSource({
      "--prefix=, --prefix is empty",
      "'--prefix=\"\"', --prefix is empty",
      "'--from=\"\"', --from is empty",
      "'--before=\"\"', --before is empty",
      "'--prefix=\"\\ud800\"', is not the text of any bytes",
      "--type=hash --server-name=h, --server-name require TLS: use them with rediss://",
      "'--prefix=\"a', 'begins with a quotation mark and is not a JSON string'",
      "--older-than=1h, --older-than is not possible: Redis database 0 at h:6379 does not record",
      "--type=hash --key=k, --key goes with --cert",
      "--type=hash --cacert=no/file, --cacert: there is no file no/file",
      "--type=hash --proxy=ftp://p, --proxy is 'ftp://p'",
      "--type=hash --creds=f, --creds is for nats://"
    })
    void namesTheOptionThatDoesNotGoWithTheStore(String options, String why) {
      String complaint = complaint(("purge redis://h/0 --yes " + options).split(" "));
      assertTrue(complaint.contains(why), complaint);
      assertEquals(1, complaint.lines().count(), complaint);
    }

    @ParameterizedTest
    @CsvSource({
      "--port=99999, --port must be from 0",
      "--errors=5, --errors must be from 0 to 1",
      "--grow=-1, --grow must be from 0 to 1",
      "--keys=-5, --keys must not be negative",
      "--retry-after=-5, --retry-after must not be negative",
      "extra, is one argument too many"
    })
    void namesTheOptionOfTheServerThatMakesNoSense(String option, String why) {
      String complaint = complaint("purge", "serve", option);
      assertTrue(complaint.contains(why), complaint);
    }

    @ParameterizedTest
    @CsvSource({"90, PT90S", "500ms, PT0.5S", "1h30m, PT1H30M", "2h0m1s5ms, PT2H1.005S"})
    void readsTimesAsGoDoes(String text, Duration time) {
      assertEquals(time, new DurationConverter().convert(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "h", "1h30", "1h x", "-5s", "1.5h", "5d"})
    void refusesWhatIsNoTime(String text) {
      assertThrows(
          CommandLine.TypeConversionException.class, () -> new DurationConverter().convert(text));
    }
  }

  @Nested
  final class TourCommand {
    @Test
    void runsThePrograms() {
      assertTrue(
          output(0, "tour", "Channels", "wait-groups").endsWith("tour: 2 passed, 0 failed\n"));
    }

    @Test
    void runsThemInVirtualTime() {
      assertTrue(
          output(0, "tour", "--virtual", "Timeouts").contains("ok in 2.000 s of virtual time"));
    }

    @Test
    void listsThemWithoutRunningAny() {
      String list = output(0, "tour", "--list");
      assertTrue(list.contains("  StartingGoroutines"), list);
      assertFalse(list.contains("Hello"), list);
    }

    @Test
    void printsASource() {
      assertTrue(output(0, "tour", "--source", "Channels").contains("void main()"));
    }

    @Test
    void explainsItself() {
      String help = output(0, "tour", "--help");
      assertTrue(help.contains("Examples:"), help);
      assertTrue(help.contains("Exit codes:"), help);
      assertTrue(help.contains("-cp \"cli/target/lib/*\""), help);
      assertTrue(help.contains(" tour/programs/"), help);
      assertTrue(output(0, "--help").contains("tour"));
    }

    @Test
    void saysWhatIsWrongInOneLine() {
      assertEquals(
          "heddle tour: no program is called 'Nope'; `heddle tour --list` shows them all\n",
          complaint("tour", "Nope"));
      assertEquals(complaint("tour", "Nope"), complaint("tour", "--source", "Nope"));
      assertEquals(
          "heddle tour: --source needs the NAME of a program; see heddle tour --help\n",
          complaint("tour", "--source"));
      assertEquals(
          "heddle tour: --list goes alone; see heddle tour --help\n",
          complaint("tour", "--list", "Channels"));
      assertEquals(
          "heddle tour: Unknown option: '--nope'; see heddle tour --help\n",
          complaint("tour", "--nope"));
    }
  }

  @Nested
  final class OrdersCommand {
    @Test
    void reportsWrongArgumentsWithoutAToken() {
      assertEquals(
          "heddle orders audit: --limit has to be positive; see heddle orders audit --help\n",
          complaint("orders", "audit", "--limit", "0"));
      assertEquals(
          "heddle orders dead purge: give one of the ID of an order, --all and --notifications;"
              + " see heddle orders dead purge --help\n",
          complaint("orders", "dead", "purge"));
      assertTrue(
          complaint("orders", "dead", "replay", "--all", "--notifications")
              .contains("give one of"));
      String unread = complaint("orders", "submit", "a.example", "--csr", "/nowhere/a.pem");
      assertTrue(
          unread.startsWith("heddle orders submit: --csr /nowhere/a.pem cannot be read: "), unread);
    }
  }

  @Test
  void anUnknownCommandIsAUsageError() {
    assertEquals("heddle: no command is called 'foo'; see heddle --help\n", complaint("foo"));
    assertEquals("heddle: Unknown option: '--foo'; see heddle --help\n", complaint("--foo"));
    assertEquals("heddle: Unknown subcommand 'foo'; see heddle --help\n", complaint("help", "foo"));
  }

  @Test
  void aDumbTerminalGetsNoColours() {
    String before = System.setProperty("picocli.ansi", "true");
    try {
      assertTrue(outputOn("xterm", "tour", "--list").contains("\033["));
      assertFalse(outputOn("dumb", "tour", "--list").contains("\033["));
    } finally {
      if (before == null) {
        System.clearProperty("picocli.ansi");
      } else {
        System.setProperty("picocli.ansi", before);
      }
    }
  }

  @Test
  void onlyCommandsThatExitWithCodesListThem() {
    for (String[] group :
        new String[][] {{"--help"}, {"orders", "--help"}, {"orders", "dead", "--help"}}) {
      assertFalse(output(0, group).contains("Exit codes:"));
    }
    assertTrue(output(0, "orders", "dead", "list", "--help").contains("Exit codes:"));
  }

  @Test
  void helpIsACommand() {
    assertEquals(output(0, "--help"), output(0, "help"));
    assertEquals(output(0, "tour", "--help"), output(0, "help", "tour"));
  }

  @Test
  void outputThatIsLostIsAFailure() {
    PrintStream before = System.out;
    try (PrintStream full =
        new PrintStream(
            new OutputStream() {
              @Override
              public void write(int b) throws IOException {
                throw new IOException("no space left on device");
              }
            },
            true,
            StandardCharsets.UTF_8)) {
      System.setOut(full);
      assertEquals(CommandLine.ExitCode.SOFTWARE, Main.run("tour", "--list"));
    } finally {
      System.setOut(before);
    }
  }
}
