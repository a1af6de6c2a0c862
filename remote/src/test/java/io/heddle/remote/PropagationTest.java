package io.heddle.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.testing.Bubbled;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

@Bubbled
final class PropagationTest {
  private static final String TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  private final Propagation propagation = Propagation.of("tenant", "user");

  @Test
  void theTraceAndPermittedBaggageTravel() {
    Context context =
        Context.background()
            .withValue(Propagation.TRACEPARENT, TRACE)
            .withValue(Propagation.BAGGAGE, Map.of("tenant", "ä, b=c;d+e %", "password", "secret"));
    Map<String, String> headers = propagation.headers(context);
    assertEquals(TRACE, headers.get("traceparent"));
    assertEquals("tenant=%C3%A4%2C%20b%3Dc%3Bd%2Be%20%25", headers.get("baggage"));
    Context received = propagation.values(Context.background(), headers::get);
    assertEquals(TRACE, received.value(Propagation.TRACEPARENT));
    assertEquals(Map.of("tenant", "ä, b=c;d+e %"), received.value(Propagation.BAGGAGE));
    assertNull(received.deadline());
    Context stranger = Propagation.of("user").values(Context.background(), headers::get);
    assertNull(stranger.value(Propagation.BAGGAGE));
  }

  @Test
  void theRemainingTimeIsThatOfTheSenderLessTheTimeUnderWay() throws Exception {
    Map<String, String> headers;
    try (CancelContext context = Context.background().withTimeout(Duration.ofSeconds(10))) {
      Go.sleep(Duration.ofSeconds(2));
      headers = propagation.into(Message.of("job"), context).headers();
    }
    assertEquals("8000", headers.get("Heddle-Timeout"));
    assertEquals(Duration.ofSeconds(8), propagation.remaining(headers::get));
    Go.sleep(Duration.ofSeconds(5));
    assertEquals(Duration.ofSeconds(3), propagation.remaining(headers::get));
    Go.sleep(Duration.ofSeconds(5));
    assertEquals(Duration.ZERO, propagation.remaining(headers::get));
  }

  @Test
  void aReceiverWhoseClockIsBehindHasAllOfTheTime() {
    Map<String, String> headers = new HashMap<>();
    headers.put("Heddle-Timeout", "8000");
    headers.put("Heddle-Sent", "" + Go.now().plusSeconds(60).toEpochMilli());
    assertEquals(Duration.ofSeconds(8), propagation.remaining(headers::get));
    headers.remove("Heddle-Sent");
    assertEquals(Duration.ofSeconds(8), propagation.remaining(headers::get));
  }

  @Test
  void aContextWithoutAnythingSendsNothing() {
    assertEquals(Map.of(), propagation.headers(Context.background()));
    Map<String, String> none = Map.of();
    assertNull(propagation.remaining(none::get));
    assertSame(Context.background(), propagation.values(Context.background(), none::get));
  }

  @Test
  void malformedHeadersAreIgnored() {
    Map<String, String> headers =
        Map.of(
            "traceparent",
            "00-" + "0".repeat(32) + "-b7ad6b7169203331-01",
            "baggage",
            "tenant, =x, user=%zz, tenant=good;property=1,",
            "Heddle-Timeout",
            "-1");
    Context context = propagation.values(Context.background(), headers::get);
    assertNull(context.value(Propagation.TRACEPARENT));
    assertEquals(Map.of("tenant", "good"), context.value(Propagation.BAGGAGE));
    assertNull(propagation.remaining(headers::get));
  }

  @Test
  void whatCannotTravelIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> Propagation.of("a b"));
    Context context = Context.background().withValue(Propagation.TRACEPARENT, "trace\n7");
    assertThrows(IllegalArgumentException.class, () -> propagation.headers(context));
  }
}
