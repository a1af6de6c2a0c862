package io.heddle.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code heddle top}, {@code heddle inspect}, and the option that they need. */
@Timeout(120)
@Tag("system")
@Tag("slow")
final class ObserveCommandsTest {
  @TempDir private Path folder;

  private static String run(int status, String... args) {
    PrintStream out = System.out;
    PrintStream err = System.err;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (PrintStream both = new PrintStream(bytes, true, UTF_8)) {
      System.setOut(both);
      System.setErr(both);
      assertEquals(status, Main.run(args), () -> bytes.toString(UTF_8));
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
    return bytes.toString(UTF_8);
  }

  @Test
  void topShowsTheGoroutinesOfAPurge() throws Exception {
    Process purge =
        new ProcessBuilder(
                CommandJvm.command(
                    Main.class,
                    "purge",
                    "--demo",
                    "100000",
                    "--rate",
                    "100",
                    "--inspect",
                    "127.0.0.1:0",
                    "--jfr",
                    "--dump-signal=USR1",
                    "--trace",
                    folder.resolve("traces").toString()))
            .redirectErrorStream(true)
            .start();
    try (BufferedReader output =
        new BufferedReader(new InputStreamReader(purge.getInputStream(), UTF_8))) {
      String begin = "heddle: live page at ";
      String line = output.readLine();
      while (line != null && !line.contains(begin)) {
        line = output.readLine();
      }
      assertTrue(line != null, "no address was printed");
      String url = line.substring(line.indexOf(begin) + begin.length()).strip();
      String top = run(0, "top", "--once", url);
      while (!top.contains("purge batches")) { // the store is filled first
        assertTrue(purge.isAlive(), top);
        top = run(0, "top", "--once", url);
      }
      assertTrue(top.contains("purge results") && top.contains("io.heddle.purge"), top);
      assertTrue(top.contains(" goroutines, ") && top.contains("\nGOROUTINES\n"), top);
      assertTrue(Files.isDirectory(folder.resolve("traces")), "the recorder's folder");
      assertTrue(recorded(url).contains("waiting: "), "no goroutine in the trace");
      Process kill = new ProcessBuilder("kill", "-USR1", String.valueOf(purge.pid())).start();
      assertEquals(0, kill.waitFor());
      do {
        line = output.readLine();
        assertTrue(line != null, "no dump was printed");
        assertFalse(line.contains("has no effect"), line);
      } while (!line.contains(" goroutines, Heddle's scheduler"));
      String wrong = url.replaceFirst("token=.*", "token=0123456789abcdef");
      assertTrue(run(1, "top", "--once", wrong).contains("the token is missing or wrong"));
    } finally {
      purge.destroyForcibly();
    }
  }

  /** What the flight recorder of a program with a live page has. */
  static String recorded(String url) throws Exception {
    LivePage page = LivePage.of(url);
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<String> trace =
          client.send(
              HttpRequest.newBuilder(page.address().resolve("/act/trace?last=300"))
                  .header("Authorization", "Bearer " + page.token())
                  .POST(HttpRequest.BodyPublishers.noBody())
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertEquals(200, trace.statusCode(), trace.body());
      return trace.body();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "127.0.0.1:6060 | this is not an address",
        "http://127.0.0.1/#token=abc | this is not the address of a live page",
        "http://127.0.0.1:6060/ | the address has no token",
        "ht tp | this is not an address"
      })
  void aWrongAddressIsExplained(String url, String explanation) {
    for (String command : new String[] {"top", "inspect"}) {
      String complaint = run(2, command, url.strip());
      assertTrue(complaint.contains(explanation), complaint);
      assertTrue(complaint.contains("http://127.0.0.1:PORT/#token=TOKEN"), complaint);
    }
  }

  @Test
  void aProgramThatHasEndedIsSaidToHave() {
    String complaint = run(1, "top", "http://127.0.0.1:1/#token=0123456789abcdef");
    assertTrue(complaint.contains("nothing answers at http://127.0.0.1:1"), complaint);
  }

  @Test
  void theTokenMayBeAParameter() {
    LivePage page = LivePage.of("http://localhost:6060/?token=abc");
    assertEquals(new LivePage(URI.create("http://localhost:6060"), "abc"), page);
    assertEquals("http://localhost:6060/#token=abc", page.url());
    assertThrows(IllegalArgumentException.class, () -> LivePage.of(""));
  }
}
