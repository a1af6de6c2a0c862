package io.heddle.orders.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Go;
import io.heddle.orders.telemetry.Log;
import io.heddle.orders.telemetry.Metrics;
import io.heddle.queue.Queue;
import io.heddle.queue.Queues;
import io.heddle.testing.Bubbled;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which tokens are let in, and which clients are throttled, in virtual time. */
@Bubbled
final class TokenGuardTest {
  private static final String TOKEN = "0123456789abcdef";
  private static final String RIGHT = "Bearer " + TOKEN;
  private static final String WRONG = "Bearer wrong";
  private static final InetAddress HERE = InetAddress.ofLiteral("192.0.2.1");
  private static final InetAddress ELSEWHERE = InetAddress.ofLiteral("192.0.2.2");

  @TempDir private Path folder;
  private Queue queue;
  private TokenGuard guard;
  private final ByteArrayOutputStream lines = new ByteArrayOutputStream();

  @BeforeEach
  void open() throws Exception {
    queue = Queues.open(folder.resolve("queue").toString(), 1);
    Log log = Log.to(new PrintStream(lines, true, UTF_8));
    guard = new TokenGuard(Tokens.admin(TOKEN), log, new Metrics(queue));
  }

  @AfterEach
  void close() {
    queue.close();
  }

  private int status(InetAddress client, String authorization) {
    try {
      assertTrue(guard.callerOf(client, authorization).isAdmin());
      return 200;
    } catch (ProblemException e) {
      return e.answer().status();
    }
  }

  private void guess(InetAddress client) {
    for (int i = 0; i < 20; i++) {
      assertEquals(401, status(client, WRONG));
    }
    assertEquals(429, status(client, WRONG));
  }

  /** They were answered 1,494 times a second. */
  @Test
  void wrongTokensAreThrottledToTenAMinute() throws Exception {
    guess(HERE);
    assertEquals(401, status(ELSEWHERE, WRONG));
    assertEquals(401, status(HERE, null), "that is no token");
    ProblemException slow = assertThrows(ProblemException.class, () -> guard.callerOf(HERE, WRONG));
    Go.sleep(Duration.ofSeconds(Long.parseLong(slow.answer().headers().get("Retry-After"))));
    assertEquals(401, status(HERE, WRONG));
    assertEquals(429, status(HERE, WRONG));
  }

  /** Also one that the guard has never seen: a proxy's clients share its address. */
  @Test
  void aKnownTokenIsLetInWhateverOthersSendFromItsAddress() {
    guess(HERE);
    assertEquals(200, status(HERE, RIGHT));
    assertEquals(429, status(HERE, WRONG));
    assertEquals(200, status(HERE, RIGHT));
  }

  @Test
  void theLastAddressThatAProxyOnThisMachineNamesIsTheClient() {
    InetAddress proxy = InetAddress.ofLiteral("127.0.0.1");
    assertEquals(HERE, LocalProxy.clientOf(proxy, "192.0.2.1"));
    assertEquals(
        HERE, LocalProxy.clientOf(proxy, "198.51.100.1, 192.0.2.1"), "the first is forged");
    assertEquals(HERE, LocalProxy.clientOf(proxy, "198.51.100.1,192.0.2.1, ::1"), "two proxies");
    assertEquals(HERE, LocalProxy.clientOf(proxy, "192.0.2.1:4711"));
    InetAddress sixth = InetAddress.ofLiteral("2001:db8::1");
    for (String text : List.of("2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:4711")) {
      assertEquals(sixth, LocalProxy.clientOf(InetAddress.ofLiteral("::1"), text));
    }
    for (String text :
        List.of("", "unknown", "192.0.2.1, ", "[", "192.0.2.1.example", "127.0.0.1")) {
      assertEquals(proxy, LocalProxy.clientOf(proxy, text), text);
    }
    assertEquals(proxy, LocalProxy.clientOf(proxy, null));
    assertEquals(HERE, LocalProxy.clientOf(HERE, "198.51.100.1"), "not on this machine");
  }

  @Test
  void anIpv6NetworkIsOneClient() {
    guess(InetAddress.ofLiteral("2001:db8::1"));
    assertEquals(429, status(InetAddress.ofLiteral("2001:db8::2:1"), WRONG));
    assertEquals(401, status(InetAddress.ofLiteral("2001:db8:0:1::1"), WRONG));
  }

  @Test
  void wrongTokensAreLoggedOnceAMinute() throws Exception {
    for (int i = 0; i < 1000; i++) {
      status(HERE, WRONG);
    }
    Go.sleep(Duration.ofMinutes(1));
    status(HERE, WRONG);
    String log = lines.toString(UTF_8);
    assertEquals(2, log.lines().count(), log);
    assertTrue(log.contains("\"client\":\"192.0.2.1\",\"count\":1,\"last\":\"refused\""), log);
    assertTrue(log.contains("\"count\":1000,"), log);
  }
}
