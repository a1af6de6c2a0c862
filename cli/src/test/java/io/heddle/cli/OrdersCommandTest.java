package io.heddle.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.sun.net.httpserver.HttpServer;
import io.heddle.local.Pebble;
import io.heddle.orders.OrderState;
import io.heddle.orders.api.ApiClient;
import io.heddle.queue.PostgresServer;
import io.heddle.queue.Queues;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The command as a process: what it prints, its exit status, signals. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class OrdersCommandTest {
  private static final String TOKEN = "a-token-of-this-test";

  @TempDir private Path folder;

  private ProcessBuilder command(String... arguments) {
    List<String> command = new ArrayList<>(CommandJvm.command(Main.class, "orders"));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectError(ProcessBuilder.Redirect.appendTo(new File(folder.toFile(), "errors")));
    builder.environment().put("HEDDLE_ORDERS_TOKEN", TOKEN);
    return builder;
  }

  private record Ended(int status, String output) {}

  private static Ended end(ProcessBuilder builder) throws Exception {
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertTrue(process.waitFor(200, TimeUnit.SECONDS), "did not end");
    return new Ended(process.exitValue(), output);
  }

  private String errors() throws IOException {
    return Files.readString(folder.resolve("errors"));
  }

  private static void needPebble() {
    if (!Pebble.isInstalled()) {
      System.err.println("********** NOT TESTED: there is no pebble on this machine");
      Assumptions.abort("no pebble");
    }
  }

  @Test
  void theDemoOfTheReadmeRuns() throws Exception {
    needPebble();
    assertTrue(Files.readString(Path.of("..", "README.md")).contains("./heddle orders demo "));
    Ended demo = end(command("demo", "--data", "demo"));
    assertEquals(0, demo.status, () -> demo.output);
    assertTrue(demo.output.startsWith("16 certificates, 4 dead orders, "), demo.output);
    try (var orders = Files.list(folder.resolve("demo/certificates"))) {
      List<Path> issued = orders.filter(order -> Files.exists(order.resolve("chain.pem"))).toList();
      assertEquals(16, issued.size());
    }
  }

  @Test
  void theServiceTakesOrdersAndEndsWhenItIsToldTo() throws Exception {
    needPebble();
    try (Pebble pebble = Pebble.start(Map.of("PEBBLE_VA_NOSLEEP", "1"))) {
      Files.writeString(folder.resolve("trust.pem"), pebble.trustPem());
      Files.writeString(folder.resolve("roots.pem"), pebble.rootPem());
      String name = "127.0.0.1:" + pebble.nameServer().getPort();
      CountDownLatch notified = new CountDownLatch(1);
      HttpServer receiver = receiver(notified);
      Process service =
          command(
                  "serve",
                  "--inspect=127.0.0.1:0",
                  "--trace=traces",
                  "--webhook=http://127.0.0.1:" + receiver.getAddress().getPort() + "/hook",
                  "--webhook-secret=secret",
                  "--ca",
                  pebble.directory().toString(),
                  "--ca-trust=trust.pem",
                  "--roots=roots.pem",
                  "--agree-tos",
                  "--listen=127.0.0.1:0",
                  "--resolver",
                  name,
                  "--recursive-only",
                  "--time-scale=0.001",
                  "--test-ports",
                  pebble.httpPort() + "," + pebble.tlsPort() + "," + pebble.nameServer().getPort())
              .start();
      try (BufferedReader output = service.inputReader()) {
        String url = output.readLine();
        assertTrue(url != null && url.startsWith("http://127.0.0.1:"), this::errorsOrNone);
        Ended submitted = end(command("submit", "--server", url, "www.shop.test"));
        assertEquals(0, submitted.status, this::errorsOrNone);
        String id = submitted.output.strip();
        assertTrue(notified.await(100, TimeUnit.SECONDS), this::errorsOrNone);
        String begin = "heddle: live page at ";
        String page =
            errors().lines().filter(line -> line.startsWith(begin)).findFirst().orElseThrow();
        String trace = ObserveCommandsTest.recorded(page.substring(begin.length()));
        assertTrue(trace.contains("waiting: "), "no goroutine in the trace");
        assertTrue(Files.isDirectory(folder.resolve("traces")), "the recorder's folder");
        Ended status = end(command("status", "--server", url, id));
        assertEquals(0, status.status);
        assertTrue(status.output.contains("www.shop.test"), status.output);
        assertEquals(5, end(command("status", "--server", url, "none")).status);
        assertTrue(status.output.startsWith("Order " + id + " is "), status.output);
        String list = end(command("list", "--server", url, "--domain=shop.test")).output;
        assertTrue(list.matches("(?s)ID +STATE +CUSTOMER +DOMAINS .*\n" + id + " .*"), list);
        String json = end(command("status", "--json", "--server", url, id)).output;
        assertTrue(json.startsWith("{\n  \"id\": \"" + id + "\""), json);
        String audit = end(command("audit", "--server", url)).output;
        assertTrue(
            audit.matches("(?s)WHEN .*submitted +admin \\(127.0.0.1\\) +" + id + ".*"), audit);
        String history = end(command("history", "--server", url, id)).output;
        assertTrue(history.matches("(?s)WHEN +EVENT .*\n\\S+ +submitted +admin .*"), history);
        assertEquals(0, end(command("dead", "list", "--server", url)).status);
        assertEquals(5, end(command("dead", "replay", "--server", url, id)).status);
        assertEquals(0, end(command("cancel", "--server", url, id)).status, this::errorsOrNone);
        assertEquals(5, end(command("revoke", "--server", url, "--reason=no", id)).status);
        ProcessBuilder stranger = command("list", "--server", url);
        stranger.environment().put("HEDDLE_ORDERS_TOKEN", "a-token-of-a-stranger");
        assertEquals(3, end(stranger).status);
        service.destroy(); // SIGTERM
        assertTrue(service.waitFor(60, TimeUnit.SECONDS), "does not end");
        assertEquals(143, service.exitValue());
        assertTrue(errors().contains("\"event\":\"stopped\""), errors());
        assertEquals(4, end(command("list", "--server", url)).status);
      } finally {
        service.destroyForcibly();
        receiver.stop(0);
      }
    }
  }

  /** A server for webhooks, which waits for the one that asks the customer to act. */
  private HttpServer receiver(CountDownLatch notified) throws IOException {
    Path secret = Files.writeString(folder.resolve("secret"), "whsec_" + "A".repeat(32) + "\n");
    Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/hook",
        exchange -> {
          String text = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
          boolean isSigned = exchange.getRequestHeaders().containsKey("webhook-signature");
          exchange.sendResponseHeaders(204, -1);
          exchange.close();
          if (isSigned && text.startsWith("{\"type\":\"order.action_required\",")) {
            notified.countDown();
          }
        });
    server.start();
    return server;
  }

  /**
   * The API and the workers as processes of their own. A lease is longer than this test may take:
   * what a worker that is told to stop does not give back would be nobody's.
   */
  @Test
  void theApiAndTheWorkersAreProcessesThatShareADatabase() throws Exception {
    needPebble();
    String queue = PostgresServer.shared().newSchema();
    try (Pebble pebble =
        Pebble.start(Map.of("PEBBLE_VA_SLEEPTIME", "2", "PEBBLE_AUTHZREUSE", "0"))) {
      Files.writeString(folder.resolve("trust.pem"), pebble.trustPem());
      Files.writeString(folder.resolve("roots.pem"), pebble.rootPem());
      Process api =
          command(
                  "serve",
                  "--api-only",
                  "--queue",
                  queue,
                  "--data=shared",
                  "--listen=127.0.0.1:0",
                  "--names=any")
              .start();
      Process worker = null;
      try (BufferedReader output = api.inputReader()) {
        String url = output.readLine();
        assertTrue(url != null && url.startsWith("http://127.0.0.1:"), this::errorsOrNone);
        List<String> ids = new ArrayList<>();
        try (ApiClient client = new ApiClient(URI.create(url), TOKEN, null)) {
          String first = submit(url, "first.test");
          ids.add(first);
          // Without a worker nothing happens to it.
          assertEquals("submitted", client.order(first).get("state").getAsString());
          worker = worker(pebble, queue);
          meetChallenges(pebble, client, first);
          await(client, first, "issued");
          HttpResponse<String> certificate = get(url + "/v1/orders/" + first + "/certificate");
          assertEquals(200, certificate.statusCode());
          Path files = folder.resolve("shared/certificates").resolve(first);
          assertEquals(Files.readString(files.resolve("chain.pem")), certificate.body());
          assertTrue(Files.exists(files.resolve("key.pem")));
          assertEquals(
              "rwx------",
              PosixFilePermissions.toString(
                  Files.getPosixFilePermissions(folder.resolve("shared"))));

          for (int i = 0; i < 4; i++) {
            ids.add(submit(url, "www" + i + ".test"));
          }
          for (String id : ids.subList(1, 5)) {
            meetChallenges(pebble, client, id);
          }
          await(client, ids.getLast(), "validating"); // the CA takes up to two seconds
          worker.destroy(); // SIGTERM
          assertTrue(worker.waitFor(60, TimeUnit.SECONDS), "does not end");
          assertEquals(143, worker.exitValue());
          assertTrue(errors().contains("\"event\":\"stopped\""), errors());
          worker = worker(pebble, queue);
          for (String id : ids) {
            await(client, id, "issued");
          }
          assertFalse(errors().contains("lease_lost"), errors());
          Matcher issued = Pattern.compile("Issued certificate serial").matcher(pebble.log());
          assertEquals(ids.size(), issued.results().count());
        }
        api.destroy();
        assertTrue(api.waitFor(60, TimeUnit.SECONDS), "does not end");
        assertEquals(143, api.exitValue());
      } finally {
        api.destroyForcibly();
        if (worker != null) {
          worker.destroyForcibly();
        }
      }
    }
  }

  private Process worker(Pebble pebble, String queue) throws IOException {
    return command(
            "serve",
            "--workers-only",
            "--queue",
            queue,
            "--data=shared",
            "--lease=1h",
            "--ca",
            pebble.directory().toString(),
            "--ca-trust=trust.pem",
            "--roots=roots.pem",
            "--agree-tos",
            "--resolver",
            "127.0.0.1:" + pebble.nameServer().getPort(),
            "--recursive-only",
            "--time-scale=0.001",
            "--test-ports",
            pebble.httpPort() + "," + pebble.tlsPort() + "," + pebble.nameServer().getPort())
        .start();
  }

  private String submit(String url, String domain) throws Exception {
    Ended submitted = end(command("submit", "--server", url, domain));
    assertEquals(0, submitted.status, this::errorsOrNone);
    return submitted.output.strip();
  }

  private static HttpResponse<String> get(String url) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(
          HttpRequest.newBuilder(URI.create(url))
              .header("Authorization", "Bearer " + TOKEN)
              .build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }

  /** Does what the customer of an order has to, as soon as the API says what that is. */
  private static void meetChallenges(Pebble pebble, ApiClient client, String id) throws Exception {
    JsonArray authorizations = client.order(id).getAsJsonArray("authorizations");
    while (authorizations.isEmpty()) {
      TimeUnit.MILLISECONDS.sleep(50); // between two looks at another process
      authorizations = client.order(id).getAsJsonArray("authorizations");
    }
    for (JsonElement authorization : authorizations) {
      for (JsonElement one : authorization.getAsJsonObject().getAsJsonArray("challenges")) {
        JsonObject challenge = one.getAsJsonObject();
        if (challenge.get("type").getAsString().equals("http-01")) {
          pebble.addHttp(
              challenge.get("token").getAsString(), challenge.get("content").getAsString());
        }
      }
    }
  }

  /** Waits until an order is as far as that. */
  private static void await(ApiClient client, String id, String state) throws Exception {
    while (true) {
      OrderState now = OrderState.of(client.order(id).get("state").getAsString());
      assertTrue(now != OrderState.DEAD, () -> id + " is dead");
      if (now.compareTo(OrderState.of(state)) >= 0) {
        return;
      }
      TimeUnit.MILLISECONDS.sleep(50); // between two looks at another process
    }
  }

  private String errorsOrNone() {
    try {
      return errors();
    } catch (IOException e) {
      return "no errors";
    }
  }

  @Test
  void whatCannotRunIsSaidAtOnce() throws Exception {
    assertEquals(2, end(command("serve")).status);
    assertTrue(errors().contains("--ca is missing"), errors());
    assertEquals(2, end(command("serve", "--ca=letsencrypt", "--workers-only")).status);
    assertTrue(errors().contains("a file is for one process"), errors());
    assertEquals(2, end(command("serve", "--ca=http://example.com/dir")).status);
    assertTrue(errors().contains("has to be an https:// address"), errors());
    assertEquals(
        3,
        end(command("serve", "--api-only", "--queue=postgresql://nobody@127.0.0.1:1/none")).status);
    Path open = Files.createDirectory(folder.resolve("open"));
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
    assertEquals(2, end(command("serve", "--ca=letsencrypt", "--data=open")).status);
    assertTrue(errors().contains("any user may change it: chmod o-w open"), errors());
    Files.writeString(folder.resolve("letter"), "no folder");
    assertEquals(2, end(command("serve", "--ca=letsencrypt", "--data=letter")).status);
    assertTrue(errors().contains("--data letter cannot be made"), errors());
    assertEquals(2, end(command("serve", "--ca=letsencrypt", "--lease=0s")).status);
    assertTrue(
        errors().contains("--fallback-after and --time-scale have to be positive"), errors());
    assertEquals(2, end(command("serve", "--ca=letsencrypt-staging")).status);
    assertTrue(errors().contains("--ca letsencrypt-staging needs --roots FILE"), errors());
    assertEquals(2, end(command("serve", "--ca=letsencrypt", "--accounts=mine")).status);
    assertTrue(errors().contains("--accounts mine is not per-customer or shared"), errors());
    Path external = Files.writeString(folder.resolve("external"), "# who\nanna kid-1\n");
    Files.setPosixFilePermissions(external, PosixFilePermissions.fromString("rw-r--r--"));
    assertEquals(2, end(command("serve", "--ca=letsencrypt", "--eab-file=external")).status);
    assertTrue(errors().contains("run: chmod o-rwx external"), errors());
    Files.setPosixFilePermissions(external, PosixFilePermissions.fromString("rw-------"));
    assertEquals(2, end(command("serve", "--ca=letsencrypt", "--eab-file=external")).status);
    assertTrue(errors().contains("external, line 2: not a customer's name, an"), errors());
    assertEquals(2, end(command("serve", "--ca=letsencrypt", "--resolver=dns.test")).status);
    assertTrue(errors().contains("'dns.test' is not an address: 1.1.1.1, "), errors());
    String[] wrong = {"serve", "--ca=letsencrypt", "--data=wrong", "--tokens=none"};
    assertEquals(2, end(command(wrong)).status);
    assertTrue(errors().contains("there is no file none"), errors());
    assertFalse(Files.exists(folder.resolve("wrong")), "nothing is left of what is wrong");
    assertEquals(2, end(command("serve", "--ca=letsencrypt", "--tokens=open")).status);
    assertTrue(errors().contains("--tokens open is a folder, not a file"), errors());
    assertEquals(2, end(command("serve", "--ca=letsencrypt", "--access-log=none/log")).status);
    assertTrue(errors().contains("--access-log none/log cannot be written"), errors());
    assertEquals(2, end(command("dead", "purge")).status);
    assertEquals(2, end(command("list", "--server", "nowhere")).status);
  }

  private Process serve(Pebble pebble, String... more) throws IOException {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "serve",
                "--ca",
                pebble.directory().toString(),
                "--ca-trust=trust.pem",
                "--roots=roots.pem",
                "--agree-tos",
                "--listen=127.0.0.1:0",
                "--resolver",
                "127.0.0.1:" + pebble.nameServer().getPort(),
                "--recursive-only",
                "--time-scale=0.001",
                "--test-ports",
                pebble.httpPort() + "," + pebble.tlsPort() + "," + pebble.nameServer().getPort()));
    arguments.addAll(List.of(more));
    return command(arguments.toArray(String[]::new)).start();
  }

  /** As systemd's DynamicUser makes the state folder. */
  @Test
  void aDataFolderThatIsASymbolicLinkIsBackedUp() throws Exception {
    Path data = Files.createDirectories(folder.resolve("private/orders"));
    Path key = Files.createDirectories(data.resolve("certificates/one")).resolve("key.pem");
    Files.writeString(key, "a key");
    Queues.open(data.resolve("orders.db").toString(), 1).close();
    Files.createSymbolicLink(folder.resolve("live"), data);
    Ended backup = end(command("backup", "live/copy", "--data=live", "--queue=live/orders.db"));
    assertEquals(0, backup.status, this::errorsOrNone);
    Path copy = data.resolve("copy");
    assertEquals("a key", Files.readString(copy.resolve("certificates/one/key.pem")));
    assertTrue(Files.exists(copy.resolve("orders.db")));
    assertFalse(Files.exists(copy.resolve("copy")));
  }

  /** The documented procedure, with the shell's own commands for destroying and restoring. */
  @Test
  void aBackupOfTheRunningServiceIsRestoredAndContinues() throws Exception {
    needPebble();
    try (Pebble pebble = Pebble.start(Map.of("PEBBLE_VA_NOSLEEP", "1"))) {
      Files.writeString(folder.resolve("trust.pem"), pebble.trustPem());
      Files.writeString(folder.resolve("roots.pem"), pebble.rootPem());
      String issued;
      String open;
      String certificate;
      Process service = serve(pebble, "--data=live");
      try (BufferedReader output = service.inputReader()) {
        String url = output.readLine();
        assertTrue(url != null, this::errorsOrNone);
        issued = submit(url, "first.test");
        open = submit(url, "second.test");
        try (ApiClient client = new ApiClient(URI.create(url), TOKEN, null)) {
          meetChallenges(pebble, client, issued);
          await(client, issued, "issued");
          await(client, open, "checking");
          certificate = get(url + "/v1/orders/" + issued + "/certificate").body();
        }
        Ended backup = end(command("backup", "copies/today", "--data=live"));
        assertEquals(0, backup.status, this::errorsOrNone);
        assertEquals("copies/today", backup.output.strip());
        assertEquals(2, end(command("backup", "copies/today", "--data=live")).status);
        submit(url, "lost.test"); // after the backup
      } finally {
        service.destroyForcibly().waitFor();
      }
      assertEquals(3, end(command("backup", "other", "--data=nowhere")).status);
      shell("rm -rf live && cp -a copies/today live");
      Path key = folder.resolve("live/certificates").resolve(issued).resolve("key.pem");
      assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(key)));
      service = serve(pebble, "--data=live");
      try (BufferedReader output = service.inputReader()) {
        String url = output.readLine();
        assertTrue(url != null, this::errorsOrNone);
        assertEquals(certificate, get(url + "/v1/orders/" + issued + "/certificate").body());
        try (ApiClient client = new ApiClient(URI.create(url), TOKEN, null)) {
          meetChallenges(pebble, client, open);
          await(client, open, "issued");
          String later = submit(url, "third.test");
          meetChallenges(pebble, client, later);
          await(client, later, "issued");
        }
        String list = end(command("list", "--server", url, "--domain=lost.test")).output;
        assertEquals("", list);
      } finally {
        service.destroyForcibly().waitFor();
      }
    }
  }

  private void shell(String script) throws Exception {
    Process process =
        new ProcessBuilder("sh", "-ec", script).directory(folder.toFile()).inheritIO().start();
    assertEquals(0, process.waitFor());
  }

  @Test
  void aConfigurationIsCheckedWithoutStarting() throws Exception {
    Files.writeString(
        folder.resolve("orders.conf"),
        "ca = letsencrypt\nagree-tos = true\ndata = state\nlisten = 127.0.0.1:1\n");
    Ended checked = end(command("serve", "--config=orders.conf", "--check-config"));
    assertEquals(0, checked.status, this::errorsOrNone);
    assertEquals("the configuration is valid", checked.output.strip());
    assertFalse(Files.exists(folder.resolve("state")), "a check makes no folder");
    Files.writeString(folder.resolve("no.pem"), "nothing");
    Ended wrong = end(command("serve", "--config=orders.conf", "--check-config", "--roots=no.pem"));
    assertEquals(2, wrong.status);
    assertTrue(errors().contains("no.pem holds no certificates in PEM"), errors());
    for (Map.Entry<String, String> one :
        Map.of(
                "email = a@b.test",
                "[ca b]: directory is missing",
                "directory = letsencrypt",
                "[ca b]: directory letsencrypt is that of --ca, too",
                "directory = https://b.test/\n[ca c]\ndirectory = https://b.test/",
                "[ca c]: directory https://b.test/ is that of [ca b], too")
            .entrySet()) {
      Files.writeString(
          folder.resolve("orders.conf"),
          "ca = letsencrypt\nagree-tos = true\ndata = state\nlisten = 127.0.0.1:1\n[ca b]\n"
              + one.getKey()
              + "\n");
      assertEquals(2, end(command("serve", "--config=orders.conf", "--check-config")).status);
      assertTrue(errors().contains(one.getValue()), errors());
    }
    Files.writeString(folder.resolve("orders.conf"), "lsten = 127.0.0.1:1\n");
    assertEquals(2, end(command("serve", "--config=orders.conf", "--check-config")).status);
    assertTrue(
        errors().contains("--config: orders.conf, line 1: 'lsten' is not a setting"), errors());
  }
}
