package io.heddle.inspect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The page in Chromium, of a program that hangs, leaks and has a slow stage. {@code
 * -Dtest.jvm=-Dheddle.screenshots=FOLDER} keeps what it looks like.
 */
@Timeout(120)
@Tag("system")
@Tag("slow")
final class LivePageTest {
  private static final Path CHROMIUM = Path.of("/usr/bin/chromium");

  @TempDir private static Path folder;

  private static Process program;
  private static String url;

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    Assumptions.assumeTrue(
        Files.isExecutable(CHROMIUM),
        "SKIPPED: chromium is not installed, so the page was not shown");
    ProcessBuilder builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Dheddle.inspect=127.0.0.1:0",
                "-cp",
                System.getProperty("java.class.path"),
                Trouble.class.getName())
            .redirectErrorStream(true);
    program = builder.start();
    BufferedReader output =
        new BufferedReader(new InputStreamReader(program.getInputStream(), UTF_8));
    String begin = "heddle: live page at ";
    String line = output.readLine();
    while (line != null && !line.startsWith(begin)) {
      line = output.readLine();
    }
    assertTrue(line != null, "the program has printed no address");
    url = line.substring(begin.length());
    Thread.ofPlatform().daemon().start(() -> output.lines().forEach(_ -> {}));
    while (!ask("GET", "/api/leaks").contains("\"total\":25")) {
      ask("POST", "/act/gc");
      Thread.sleep(200); // the search looks twice a second, in another process
    }
  }

  @AfterAll
  static void stop() {
    if (program != null) {
      program.destroyForcibly();
    }
  }

  private static String ask(String method, String path) throws IOException {
    HttpURLConnection connection =
        (HttpURLConnection) URI.create(url).resolve(path).toURL().openConnection();
    connection.setRequestMethod(method);
    connection.setRequestProperty("Authorization", "Bearer " + url.substring(url.indexOf('=') + 1));
    return new String(connection.getInputStream().readAllBytes(), UTF_8);
  }

  /** What the page shows after some seconds, without the tags. */
  private static String page(String tab, String... options) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                CHROMIUM.toString(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--user-data-dir=" + Files.createTempDirectory(folder, "profile"),
                "--virtual-time-budget=4000",
                "--window-size=1360,900"));
    command.addAll(List.of(options));
    command.add(url + "&tab=" + tab);
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String dom = new String(process.getInputStream().readAllBytes(), UTF_8);
    process.waitFor();
    return dom.replaceAll("<[^>]*>", " ").replaceAll("\\s+", " ");
  }

  @Test
  void theOverviewAnswersTheThreeQuestions() throws Exception {
    String overview = page("Overview", "--dump-dom");
    assertTrue(
        overview.matches(
            ".*Why does it hang\\? 2 goroutines wait for each other, in a circle: "
                + "(transfer , audit|audit , transfer) \\..*"),
        overview);
    assertTrue(
        overview.matches(
            ".*Where is the bottleneck\\? Stage map at Trouble.java:\\d+ : its 2 goroutines work.*"),
        overview);
    assertTrue(
        overview.matches(
            ".*What leaks\\? 25 goroutines leaked\\. .*chan send .*Trouble.*firstAnswer.*"),
        overview);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Waits | Mutex .*transfer.*audit",
        "Channels | jobs .*40 100",
        "Pipelines | generate .*map .*map bottleneck .*forEach",
        "Scheduler | Worker State .*heddle-[0-9]"
      })
  void eachTabShowsThe(String tab, String pattern) throws Exception {
    String text = page(tab.strip(), "--dump-dom");
    assertTrue(text.matches(".*" + pattern.strip() + ".*"), text);
  }

  @Test
  void aWrongTokenIsExplained() throws Exception {
    String right = url;
    try {
      url = right.replaceFirst("token=.*", "token=0123456789abcdef0123");
      assertTrue(page("Overview", "--dump-dom").contains("the token is missing or wrong"));
    } finally {
      url = right;
    }
  }

  @Test
  void itCanBePhotographed() throws Exception {
    String given = System.getProperty("heddle.screenshots");
    Path images = given == null ? folder : Path.of(given);
    for (String tab : List.of("Overview", "Waits", "Pipelines", "Goroutines", "Channels")) {
      Path image = images.resolve("live-" + tab.toLowerCase(java.util.Locale.ROOT) + ".png");
      page(tab, "--screenshot=" + image);
      assertTrue(Files.size(image) > 10_000, tab);
      if (given == null) {
        break; // one is enough to see that it works
      }
    }
  }
}
