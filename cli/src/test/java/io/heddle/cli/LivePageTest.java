package io.heddle.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import com.sun.net.httpserver.HttpServer;
import io.heddle.local.Browser;
import io.heddle.local.Browser.Page;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The page in Chromium, of a program that hangs, leaks and has a slow stage. {@code
 * -Dtest.jvm=-Dheddle.screenshots=FOLDER} keeps what it looks like.
 */
@Timeout(120)
@Tag("system")
@Tag("slow")
final class LivePageTest {
  /** Leads to the loopback address, in the browser. */
  private static final String HOST = "attacker.example";

  @TempDir private static Path folder;

  private static Process program;
  private static String url;
  private static Browser browser;

  @BeforeAll
  static void start() throws Exception {
    Assumptions.assumeTrue(
        Files.isExecutable(Browser.CHROMIUM),
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
    browser = new Browser(folder.resolve("profile"), HOST);
  }

  @AfterAll
  static void stop() {
    if (browser != null) {
      browser.close();
    }
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

  private static Page page(String tab) throws Exception {
    return browser.open(url + "&tab=" + tab);
  }

  @Test
  void theOverviewAnswersTheThreeQuestions() throws Exception {
    Page page = page("Overview");
    page.shows(
        "Why does it hang\\?2 goroutines wait for each other, in a circle: "
            + "(transfer, audit|audit, transfer)\\.");
    page.shows("Where is the bottleneck\\?Stage map at Trouble.java:\\d+: its 2 goroutines work");
    page.shows("What leaks\\?25 goroutines leaked\\.[0-9]+ in chan send at .*Trouble.*firstAnswer");
  }

  @Test
  void eachTabShowsItsPart() throws Exception {
    Page page = page("Overview");
    page.click("Waits");
    page.shows("Mutex .*transfer.*audit");
    page.click("Channels");
    page.shows("jobs.*40.*100");
    page.click("Pipelines");
    page.shows("generate .*map .*map bottleneck.*forEach");
    page.click("Scheduler");
    page.shows("WorkerState.*heddle-[0-9]");
    page.click("Locks");
    page.shows("Locks that goroutines wait for.*Mutex [0-9]+1(transfer|audit)(transfer|audit)");
    page.click("Contexts");
    page.shows(
        "Contexts that goroutines run under.*(withCancel|withTimeout).*open.*"
            + "goroutines? at .*Trouble\\.java");
    page.click("Leaks");
    page.shows("25 goroutines leaked.*By stack.*chan send.*firstAnswer");
    page.click("Timers");
    page.shows("[0-9]+ timers?Due in.*timeout of 2h set at .*Trouble\\.java.*–");
    page.shows("end of a waitjanitor");
  }

  @Test
  void whatIsRecordedIsDownloaded() throws Exception {
    Path downloads = Files.createDirectory(folder.resolve("downloads"));
    browser.downloadTo(downloads);
    Page page = page("Overview");
    page.shows("Record and download");
    page.click("Pause"); // so that the fields stay as they are
    page.evaluate("document.querySelector('input[type=number]').value = 1");
    page.download("Dump");
    assertTrue(
        Files.readString(downloads.resolve("goroutines.txt")).contains("\"janitor\" [sleep"));
    page.download("Dump (JSON)");
    assertTrue(json(downloads.resolve("goroutines.json")).isJsonArray());
    page.download("Trace (Chrome)");
    assertTrue(
        json(downloads.resolve("trace.json")).toString().contains("running"), "Trouble's pipeline");
    page.download("Trace (Perfetto)");
    assertTrue(Files.size(downloads.resolve("trace.pftrace")) > 1_000);
    page.download("Waits as flame graph");
    assertTrue(Files.readString(downloads.resolve("block.svg")).startsWith("<svg"));
    for (String profile :
        List.of("Goroutine profile", "Leak profile", "Block profile", "Mutex profile")) {
      page.download(profile);
    }
    for (String name : List.of("goroutine", "leaks", "block", "mutex")) {
      Path file = downloads.resolve(name + ".pb.gz");
      try (var in = new GZIPInputStream(Files.newInputStream(file))) {
        assertTrue(new String(in.readAllBytes(), UTF_8).contains("Trouble"), name);
      }
    }
  }

  private static JsonElement json(Path file) throws IOException {
    return JsonParser.parseString(Files.readString(file));
  }

  @Test
  void aNarrowScreenNeedsNoSidewaysScrolling() throws Exception {
    for (String tab : List.of("Overview", "Goroutines", "Channels", "Pipelines", "Waits")) {
      Page page = page(tab);
      page.resize(390, 844);
      page.shows("updated");
      assertEquals(
          page.evaluate("document.documentElement.clientWidth").getAsInt(),
          page.evaluate("document.documentElement.scrollWidth").getAsInt(),
          "width of " + tab);
      photograph(page, images().resolve("narrow-" + tab.toLowerCase(Locale.ROOT) + ".png"));
    }
  }

  private static Path images() {
    String given = System.getProperty("heddle.screenshots");
    return given == null ? folder : Path.of(given);
  }

  @Test
  void aGoroutineIsFoundLookedAtAndCancelled() throws Exception {
    Page page = page("Goroutines");
    page.shows("janitor");
    page.evaluate(
        "query.value = 'JANITOR'; query.dispatchEvent(new Event('input')); confirm = () => true");
    page.shows("[0-9]+ goroutines, 1 group");
    page.evaluate("document.querySelector('.group .link').click()");
    page.shows("sleep.*Stack.*Trouble\\.java.*Nothing is recorded");
    page.click("Cancel");
    page.shows("the goroutine has ended");
  }

  @Test
  void aTokenThatIsWrongOrMissingIsExplained() throws Exception {
    String base = url.substring(0, url.indexOf('#'));
    browser.open(base + "#token=0123456789abcdef0123").shows("the token is missing or wrong");
    browser.open(base).shows("The token is missing: open the address that the program has printed");
  }

  /** A page of another origin that knows even the token; by its port alone, and by its site. */
  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", HOST})
  void anotherOriginCanNeitherReadNorAct(String host) throws Exception {
    HttpServer other =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    other.createContext(
        "/",
        exchange -> {
          exchange.getResponseHeaders().set("Content-Type", "text/html");
          exchange.sendResponseHeaders(200, 0);
          exchange.getResponseBody().write("<body>another origin".getBytes(UTF_8));
          exchange.close();
        });
    other.start();
    try {
      Page page = browser.open("http://" + host + ":" + other.getAddress().getPort() + "/");
      page.shows("another origin");
      String base = url.substring(0, url.indexOf('#'));
      String token = url.substring(url.indexOf('=') + 1);
      String key =
          ask("GET", "/api/goroutines?query=audit").replaceFirst(".*keys\":\\[\"(\\d+).*", "$1");
      assertTrue(key.matches("\\d+"), key);
      String dump = base + "dump?token=" + token;
      String cancel = base + "act/cancel?key=" + key + "&token=" + token;
      String attempt =
          """
          (async () => {
            const tried = [];
            for (const [address, options] of [
                ['%1$s', {}],
                ['%1$s', { headers: { Authorization: 'Bearer %3$s' } }],
                ['%2$s', { method: 'POST' }],
                ['%2$s', { method: 'POST', mode: 'no-cors' }]]) {
              try {
                tried.push((await fetch(address, options)).type);
              } catch (error) {
                tried.push(error.name);
              }
            }
            const frame = document.createElement('iframe');
            frame.name = 'frame';
            const form = document.createElement('form');
            form.method = 'post';
            form.action = '%2$s';
            form.target = 'frame';
            document.body.append(frame, form);
            const loaded = new Promise(done => frame.addEventListener('load', done));
            form.submit();
            await loaded;
            return tried.join();
          })()
          """
              .formatted(dump, cancel, token);
      assertEquals("TypeError,TypeError,TypeError,TypeError", page.evaluate(attempt).getAsString());
      assertTrue(ask("GET", "/api/goroutine?key=" + key).contains("\"audit\""), "it still waits");
    } finally {
      other.stop(0);
    }
  }

  /** As after DNS rebinding: the name leads to the loopback address, so the origin is the same. */
  @Test
  void aNameThatLeadsHereIsRefused() throws Exception {
    String rebound = "http://" + HOST + url.substring(url.lastIndexOf(':'));
    browser.open(rebound).shows("the request is for another host");
  }

  @Test
  void itCanBePhotographed() throws Exception {
    Path images = images();
    for (String tab :
        images.equals(folder)
            ? List.of("Waits")
            : List.of(
                "Overview",
                "Waits",
                "Locks",
                "Pipelines",
                "Goroutines",
                "Channels",
                "Contexts",
                "Leaks",
                "Timers",
                "Scheduler")) {
      Page page = page(tab);
      page.shows(tab.equals("Pipelines") ? "[0-9]/s" : "updated"); // the rate is in the second look
      photograph(page, images.resolve("live-" + tab.toLowerCase(Locale.ROOT) + ".png"));
      assertEquals("light", page.evaluate("document.documentElement.dataset.theme").getAsString());
      page.prefersDark();
      page.reload();
      page.shows("updated");
      assertEquals("dark", page.evaluate("document.documentElement.dataset.theme").getAsString());
      photograph(page, images.resolve("dark-" + tab.toLowerCase(Locale.ROOT) + ".png"));
    }
  }

  private static void photograph(Page page, Path image) throws Exception {
    page.photograph(image);
    assertTrue(Files.size(image) > 10_000, image.toString());
  }
}
