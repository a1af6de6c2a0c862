package io.heddle.orders.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.local.Browser;
import io.heddle.orders.Authorization;
import io.heddle.orders.Challenge;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.Problem;
import io.heddle.orders.store.OrderJson;
import io.heddle.orders.store.OrderStore;
import io.heddle.orders.store.OrderTerms;
import io.heddle.orders.store.Quotas;
import io.heddle.orders.telemetry.Log;
import io.heddle.orders.telemetry.Metrics;
import io.heddle.queue.Delivery;
import io.heddle.queue.Message;
import io.heddle.queue.Note;
import io.heddle.queue.Outcome;
import io.heddle.queue.Queue;
import io.heddle.queue.Queues;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The page in Chromium, on a real queue with orders in every state. {@code
 * -Dtest.jvm=-Dheddle.screenshots=FOLDER} keeps its pictures.
 */
@Timeout(120)
@Tag("system")
@Tag("slow")
final class PageTest {
  private static final String ANNA = "annas-token-of-16-characters";
  private static final String ADMIN = "admins-token-of-16-characters";
  private static final String ATTACK = "<img src=x onerror=\"document.title='attacked'\">";

  @TempDir private static Path folder;

  private static Queue queue;
  private static OrderStore store;
  private static ApiServer server;
  private static Browser browser;
  private static String dead = "";

  @BeforeAll
  static void start() throws Exception {
    Assumptions.assumeTrue(
        Files.isExecutable(Browser.CHROMIUM),
        "SKIPPED: chromium is not installed, so the page was not shown");
    Path tokens =
        Files.writeString(folder.resolve("tokens"), "anna " + ANNA + "\nadmin " + ADMIN + "\n");
    Files.setPosixFilePermissions(tokens, PosixFilePermissions.fromString("rw-------"));
    queue = Queues.open(folder.resolve("orders.db").toString(), 2);
    store = new OrderStore(queue);
    server =
        new OrdersApi(
                store,
                Tokens.read(tokens, Log.NONE),
                Policy.open(),
                new Metrics(queue),
                () -> null,
                Log.NONE)
            .serve(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                ApiServer.Limits.DEFAULT,
                null,
                null);
    for (int i = 0; i < 12; i++) {
      String id = submit(i % 3 == 0 ? "bert" : "anna", "www" + i + ".example.com");
      move(id, i % 4);
    }
    dead = submit("anna", "late.example.com");
    kill(claim(OrderState.SUBMITTED));
    browser = new Browser(folder.resolve("profile"), "orders.example");
  }

  @AfterAll
  static void stop() {
    if (browser != null) {
      browser.close();
    }
    if (server != null) {
      server.close();
      queue.close();
    }
  }

  private static String submit(String customer, String name) throws Exception {
    Order.Request request = new Order.Request(customer, List.of(name), null);
    Note note = new Note(customer, "192.0.2.7", "submitted");
    return store.submit(request, null, Quotas.NONE, note).order().order().id();
  }

  private static Delivery claim(OrderState state) throws Exception {
    return queue.tryClaim(state.label(), 1, Duration.ofHours(1)).getFirst();
  }

  /** Moves the newest order through some stages, as workers do. */
  private static void move(String id, int stages) throws Exception {
    Instant now = Instant.now();
    if (stages == 0) {
      claim(OrderState.SUBMITTED); // a worker has it, so the next claim gets the next order
      return;
    }
    Delivery submitted = claim(OrderState.SUBMITTED);
    Order order = OrderJson.read(submitted.body());
    assertEquals(id, order.id());
    String name = order.request().domains().getFirst();
    String trace = "GET http://" + name + "/.well-known/acme-challenge/token\n404 Not Found";
    Authorization authorization =
        new Authorization(
            name,
            false,
            URI.create("https://ca.example/authorization"),
            Authorization.Status.PENDING,
            List.of(
                new Challenge(Challenge.HTTP, URI.create("https://ca.example/1"), "to", "to.key"),
                new Challenge(Challenge.DNS, URI.create("https://ca.example/2"), "to", "to.key")),
            null,
            null,
            new Authorization.CheckNote("NOT_YET", "the file is missing", trace, now, 0));
    URI location = URI.create("https://ca.example/order");
    Order placed =
        order
            .with(new Order.Placement(location, now.plusSeconds(600_000), List.of(authorization)))
            .to(OrderState.CHECKING);
    settle(submitted, placed, Duration.ZERO);
    Delivery checking = claim(OrderState.CHECKING);
    Problem missing =
        Problem.of("not-ready", "Not ready", name + ": http-01: the file is missing (404)");
    Order checked = placed.attempted().held(missing);
    queue.settle(
        checking,
        new Outcome.Retry(
            stages == 1 ? Duration.ofMinutes(5) : Duration.ZERO,
            missing.toString(),
            OrderJson.write(checked)));
    if (stages > 1) {
      Order valid = checked.to(OrderState.VALIDATING);
      settle(claim(OrderState.CHECKING), valid, Duration.ZERO);
      if (stages > 2) {
        Order.Certificate certificate =
            new Order.Certificate("PEM of " + name, "04AB", now.plusSeconds(7_000_000));
        Order issued = valid.to(OrderState.FINALIZING).with(certificate).to(OrderState.ISSUED);
        settle(claim(OrderState.VALIDATING), issued, Duration.ofDays(90));
      } else {
        claim(OrderState.VALIDATING);
      }
    }
  }

  private static void settle(Delivery delivery, Order next, Duration delay) throws Exception {
    Message message =
        new Message(
            next.state().label(),
            next.id(),
            OrderJson.write(next),
            delay,
            next.request().customer());
    queue.settle(delivery, Outcome.done(message.foundBy(OrderTerms.of(next))));
  }

  private static void kill(Delivery delivery) throws Exception {
    String reason = "no time for another attempt; " + ATTACK;
    Order stored = OrderJson.read(delivery.body());
    Order alive = stored.state() == OrderState.DEAD ? stored.replayed(Instant.now()) : stored;
    Order given = alive.dead(Problem.of("expired", "The order expires at the CA", reason));
    queue.settle(delivery, new Outcome.Dead(reason, OrderJson.write(given)));
  }

  private static Browser.Page page(String token, String place) throws Exception {
    return browser.open(server.uri() + "/#token=" + token + "&" + place);
  }

  @Test
  void theAdministratorSeesWhatWaitsForWhomAndWhy() throws Exception {
    Browser.Page page = page(ADMIN, "tab=Waiting");
    page.shows("Waiting for the customer.*www1\\.example\\.com.*the file is missing.*the CA");
    page.shows("admin \\(administrator\\)");
    assertFalse(page.evaluate("location.href").getAsString().contains("token"));
    page.click("Figures");
    page.shows("Last 24 hours.*13 submitted.*3 issued.*[12] given up.*Ages of open orders");
    page.click("Audit");
    page.shows("submitted.*192\\.0\\.2\\.7");
  }

  @Test
  void anUnknownTokenIsTakenOutOfTheAddress() throws Exception {
    Browser.Page page = page("a-token-that-nobody-has", "tab=Waiting");
    page.shows("the token is unknown, or has expired");
    assertEquals(server.uri() + "/#tab=Waiting", page.evaluate("location.href").getAsString());
  }

  @Test
  void aCustomerSeesOnlyTheirOrdersAndWhatToDo() throws Exception {
    Browser.Page page = page(ANNA, "tab=Figures");
    String text = page.shows("Waiting for you.*www1\\.example\\.com");
    assertFalse(text.contains("www0.example.com"), text); // bert's
    assertFalse(text.contains("Figures"), text);
    page.click("www1.example.com");
    page.shows(
        "What to do.*http-01.*acme-challenge/to.*to\\.key.*dns-01.*TXT record.*Last check.*History"
            + ".*submitted by anna from 192\\.0\\.2\\.7.*checking: not ready.*the file is missing");
  }

  @Test
  void anOrderIsFoundByItsDomain() throws Exception {
    Browser.Page page = page(ADMIN, "tab=Orders");
    page.shows("Names|Search");
    page.evaluate("document.querySelector('input[name=domain]').value = 'www7.example.com'");
    page.click("Search");
    page.shows("Page 1.*Why *www7\\.example\\.com *issued");
    assertEquals(1, page.evaluate("document.querySelectorAll('tbody tr').length").getAsInt());
  }

  @Test
  void aDeadOrderIsReplayedAndItsReasonIsOnlyText() throws Exception {
    Browser.Page page = page(ANNA, "tab=Dead");
    page.shows("late\\.example\\.com.*no time for another attempt; <img src=x");
    assertEquals("Heddle orders", page.evaluate("document.title").getAsString());
    page.click("Replay");
    page.shows("is tried again.*No order is dead");
    assertEquals("replayed", queue.notes(null, dead, Long.MAX_VALUE, 1).getFirst().note().action());
    kill(claim(OrderState.SUBMITTED));
  }

  @Test
  void aWrongTokenIsExplainedAndTheFormWorksWithTheKeyboard() throws Exception {
    Browser.Page page = page("a-token-that-nobody-has", "tab=Orders");
    page.shows("the token is unknown, or has expired.*Sign in");
    assertEquals("token", page.evaluate("document.activeElement.id").getAsString());
    page.type(ANNA);
    page.press("Enter");
    page.shows("Waiting for you|Orders.*Search");
    page.press("Tab");
    assertTrue(page.evaluate("document.activeElement !== document.body").getAsBoolean());
    page.click("Sign out");
    page.shows("Sign in");
    assertTrue(page.evaluate("sessionStorage.length === 0").getAsBoolean());
  }

  /** Each control has a name, each table a caption, and texts have contrast, in both themes. */
  @Test
  void itIsAccessible() throws Exception {
    for (String tab : List.of("Waiting", "Orders", "Dead", "Figures", "Audit")) {
      Browser.Page page = page(ADMIN, "tab=" + tab);
      page.shows("administrator.*(Waiting for|Search|given up|24 hours|latest entry)");
      for (String theme : List.of("light", "dark")) {
        String faults =
            page.evaluate(
                    """
                    (() => {
                      document.documentElement.dataset.theme = '%s';
                      const faults = [];
                      for (const one of document.querySelectorAll('button, input, select')) {
                        const name = one.textContent || one.getAttribute('aria-label')
                          || (one.labels && one.labels.length && one.labels[0].textContent);
                        if (!name) faults.push('no name: ' + one.outerHTML);
                      }
                      for (const one of document.querySelectorAll('table'))
                        if (!one.caption) faults.push('no caption');
                      for (const one of document.querySelectorAll('svg[role=img]'))
                        if (!one.getAttribute('aria-label')) faults.push('no label: ' + one.outerHTML);
                      const light = text => {
                        const rgb = text.match(/[\\d.]+/g).map(Number);
                        const part = c => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
                        return 0.2126 * part(rgb[0]) + 0.7152 * part(rgb[1]) + 0.0722 * part(rgb[2]);
                      };
                      for (const one of document.querySelectorAll('body *')) {
                        if (![...one.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || !one.offsetParent) continue;
                        let back = one;
                        while (back && getComputedStyle(back).backgroundColor === 'rgba(0, 0, 0, 0)') back = back.parentElement;
                        const a = light(getComputedStyle(one).color);
                        const b = light(getComputedStyle(back || document.body).backgroundColor);
                        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
                        if (ratio < 4.5) faults.push(ratio.toFixed(2) + ': ' + one.outerHTML.slice(0, 200));
                      }
                      if (document.documentElement.scrollWidth > innerWidth) faults.push('it scrolls sideways');
                      if (!document.querySelector('[role=status][aria-live=polite]')) faults.push('no live region');
                      return faults.join('\\n');
                    })()
                    """
                        .formatted(theme))
                .getAsString();
        assertEquals("", faults, tab + ", " + theme);
      }
    }
  }

  @Test
  void itFitsANarrowScreenAndCanBePhotographed() throws Exception {
    String given = System.getProperty("heddle.screenshots");
    Path images = given == null ? folder : Path.of(given);
    List<String> tabs =
        given == null
            ? List.of("Waiting")
            : List.of("Waiting", "Orders", "Dead", "Figures", "Audit");
    for (String tab : tabs) {
      photograph(page(ADMIN, "tab=" + tab), images, tab);
    }
    Browser.Page order = page(ANNA, "tab=Waiting");
    order.shows("www1\\.example\\.com");
    order.click("www1.example.com");
    order.shows("History.*checking: not ready");
    photograph(order, images, "Order");
  }

  private static void photograph(Browser.Page page, Path images, String name) throws Exception {
    page.shows("Sign out.*(Waiting for|Search|given up|24 hours|latest entry|History)");
    picture(page, images.resolve("light-" + name + ".png"));
    page.evaluate("document.documentElement.dataset.theme = 'dark'");
    picture(page, images.resolve("dark-" + name + ".png"));
    page.evaluate("document.documentElement.dataset.theme = 'light'");
    page.resize(390, 844);
    picture(page, images.resolve("narrow-" + name + ".png"));
    assertTrue(
        page.evaluate("document.documentElement.scrollWidth <= innerWidth").getAsBoolean(), name);
  }

  private static void picture(Browser.Page page, Path image) throws Exception {
    page.photograph(image);
    assertTrue(Files.size(image) > 10_000, image.toString());
  }

  @Test
  void thePageIsServedWithAStrictPolicy() throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      for (String path : List.of("/", "/page.css", "/page.js")) {
        HttpResponse<String> response =
            client.send(
                HttpRequest.newBuilder(URI.create(server.uri() + path)).build(),
                HttpResponse.BodyHandlers.ofString());
        assertEquals(200, response.statusCode());
        String policy = response.headers().firstValue("content-security-policy").orElseThrow();
        assertTrue(policy.startsWith("default-src 'none'; script-src 'self';"), policy);
        assertFalse(policy.contains("unsafe"), policy);
        assertFalse(response.body().contains("innerHTML"), path);
      }
    }
  }
}
