package reports;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.web.server.servlet.context.ServletWebServerApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;

/** A request that is cancelled takes its database queries with it. */
@Timeout(60)
class ReportsTest {
  /** Takes years, and says nothing meanwhile. */
  private static final String ENDLESS =
      "select count(*) from system_range(1, 1000000000000000) where mod(x, 3) = 5";

  private final HttpClient client = HttpClient.newHttpClient();
  private ServletWebServerApplicationContext application;
  private JdbcTemplate database;

  @BeforeEach
  void start() {
    start("10s");
  }

  private void start(String requestTimeout) {
    application =
        (ServletWebServerApplicationContext)
            SpringApplication.run(
                Reports.class,
                "--server.port=0",
                "--heddle.spring.request-timeout=" + requestTimeout,
                "--spring.lifecycle.timeout-per-shutdown-phase=1s");
    database = application.getBean(JdbcTemplate.class);
  }

  @AfterEach
  void stop() {
    application.close();
    client.close();
  }

  private HttpRequest.Builder request(String path, String... queries) {
    var uri = new StringBuilder("http://localhost:").append(application.getWebServer().getPort());
    uri.append(path).append("?");
    for (String query : queries) {
      uri.append("query=").append(URLEncoder.encode(query, StandardCharsets.UTF_8)).append('&');
    }
    return HttpRequest.newBuilder(URI.create(uri.toString()));
  }

  private HttpResponse<String> get(String path, String... queries) throws Exception {
    return client.send(request(path, queries).build(), BodyHandlers.ofString());
  }

  /** Sends a request for a report with two endless queries, and waits until both run. */
  private CompletableFuture<HttpResponse<String>> endless() {
    var response =
        client.sendAsync(
            request("/reports/big", ENDLESS, ENDLESS).build(), BodyHandlers.ofString());
    while (runningQueries() < 2) {
      assertFalse(response.isDone(), () -> response.join().body());
      Thread.onSpinWait();
    }
    return response;
  }

  /** How many queries the database executes, by its own account. */
  private int runningQueries() {
    return database.queryForObject(
        "select count(*) from information_schema.sessions"
            + " where executing_statement like '%1000000000000000%'"
            + " and session_id <> session_id()",
        Integer.class);
  }

  @Test
  void aReportHasTheResultsOfItsQueries() throws Exception {
    var response =
        get("/reports/small", "select count(*) from system_range(1, 3)", "select 4 + 5");
    assertEquals("[3,9]", response.body());
  }

  @Test
  void aReportThatIsCancelledStopsItsQueries() throws Exception {
    var report = endless();
    var cancel = client.send(request("/reports/big").DELETE().build(), BodyHandlers.ofString());
    assertEquals(200, cancel.statusCode());
    assertEquals(410, report.join().statusCode());
    assertEquals(0, runningQueries());
    assertEquals("[1]", get("/reports/big", "select 1").body()); // its connections are well
  }

  @Test
  void aReportThatTakesTooLongStopsItsQueries() throws Exception {
    application.close();
    start("2s");
    var report = endless();
    assertEquals(503, report.join().statusCode());
    assertEquals(0, runningQueries());
  }

  @Test
  void theEndOfTheApplicationStopsItsQueries() throws Exception {
    var report = endless();
    application.close();
    // The second is over, so it was cancelled. The server may have closed the connection by now.
    report.handle((response, _) -> response == null || response.statusCode() >= 400)
        .thenAccept(stopped -> assertTrue(stopped))
        .join();
  }

  @Test
  void aFailureOfAQueryIsTheRequests() throws Exception {
    assertEquals(500, get("/reports/wrong", "select no_such_column").statusCode());
  }

  @Test
  void requestsRunInGoroutinesThatTheEndpointsShow() throws Exception {
    var report = endless();
    var dump = get("/actuator/goroutines").body();
    assertTrue(dump.contains("reports.Database.number(Database.java:"), dump);
    var health = get("/actuator/health").body();
    assertTrue(health.contains("\"goroutines\""), health);
    assertTrue(health.contains("\"lockCycles\":[]"), health);
    assertTrue(get("/actuator/metrics/heddle.goroutines").body().contains("\"value\":"));
    report.cancel(true);
    assertEquals(
        200,
        client
            .send(request("/reports/big").DELETE().build(), BodyHandlers.ofString())
            .statusCode());
    while (runningQueries() > 0) {
      Thread.onSpinWait();
    }
  }
}
