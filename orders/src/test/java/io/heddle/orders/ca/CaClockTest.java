package io.heddle.orders.ca;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.orders.files.Keys;
import java.security.KeyPair;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a CA says of time, whose clock is ten hours ahead of ours. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class CaClockTest {
  private static final KeyPair KEY = Keys.generate();
  private static final Duration AHEAD = Duration.ofHours(10);
  private static final String PROBLEM =
      "{\"type\":\"urn:ietf:params:acme:error:rateLimited\",\"detail\":\"too many\",\"status\":429}";

  /** A CA that tells its time with the account, and from then on sends the headers of a path. */
  private static ScriptedCa ca(Map<String, String> headers) throws Exception {
    return new ScriptedCa((ca, path, out) -> {
      String more = headers.getOrDefault(path, ScriptedCa.TIMELESS);
      if (path.equals("/accounts")) {
        out.write(ca.standard(path, ScriptedCa.date(AHEAD)));
      } else if (path.equals("/full")) {
        out.write(ScriptedCa.answer(429, "application/problem+json", more, PROBLEM));
      } else {
        out.write(ca.standard(path, more));
      }
      return true;
    });
  }

  private static AcmeAuthority client(ScriptedCa ca) {
    return new AcmeAuthority(
        ca.at("/dir"),
        null,
        KEY,
        new AcmeAuthority.Registration(null, true, null, null),
        AcmeAuthority.Load.of(1));
  }

  /** After how long a CA wants to be asked again that sends such a header. */
  private static Duration wait(String retryAfter) throws Exception {
    String header = "Retry-After: " + retryAfter + "\r\n";
    try (ScriptedCa ca = ca(Map.of("/full", header, "/orders/1", header));
        AcmeAuthority client = client(ca)) {
      client.account();
      Duration askAgain = client.order(ca.at("/orders/1")).askAgain();
      CaException e = assertThrows(CaException.class, () -> client.order(ca.at("/full")));
      assertEquals(CaException.Kind.RATE_LIMITED, e.kind());
      assertEquals(askAgain == null, e.retryAfter() == null);
      return e.retryAfter();
    }
  }

  private static void assertAbout(Duration expected, Duration actual) {
    Duration slack = Duration.ofMinutes(2);
    assertTrue(actual.minus(expected).abs().compareTo(slack) < 0, actual.toString());
  }

  @Test
  void aNumberOfSecondsNeedsNoDate() throws Exception {
    assertAbout(Duration.ofMinutes(10), wait("600"));
  }

  @Test
  void aTimeOfDayIsMeantByTheClockThatWasSeenBefore() throws Exception {
    assertAbout(Duration.ofMinutes(10), wait(ScriptedCa.time(AHEAD.plus(Duration.ofMinutes(10)))));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"soon", "-5", "1.5", "99999999999999999999", "Thu, 99 Foo 2026 00:00:00 GMT"})
  void whatMakesNoSenseSaysNothing(String retryAfter) throws Exception {
    assertNull(wait(retryAfter));
  }

  @ParameterizedTest
  @ValueSource(strings = {"999999999", "Fri, 31 Dec 9999 23:59:59 GMT"})
  void nobodyWaitsForLongerThanADay(String retryAfter) throws Exception {
    assertAbout(CaClock.LONGEST_WAIT, wait(retryAfter));
  }

  /** The directory and the nonce are what is kept; an answer to a POST with an age is odd. */
  @ParameterizedTest
  @ValueSource(strings = {"", "Age: 36000\r\n"})
  void whatACacheHasKeptIsNoClock(String age) throws Exception {
    String old = ScriptedCa.date(Duration.ZERO) + age; // ten hours ago, at the CA
    Map<String, String> headers =
        age.isEmpty() ? Map.of("/dir", old, "/nonce", old) : Map.of("/dir", old, "/orders/1", old);
    try (ScriptedCa ca = ca(headers);
        AcmeAuthority client = client(ca)) {
      client.account();
      client.order(ca.at("/orders/1"));
      // It expires an hour from now by our clock, which is nine hours ago at the CA.
      assertAbout(Duration.ofHours(-9), client.place(List.of("one.test")).life());
    }
  }
}
