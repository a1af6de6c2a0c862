package io.heddle.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Chan;
import io.heddle.Go;
import io.heddle.testing.Bubbled;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Receives from a backend that refuses some calls, in virtual time. */
@Bubbled
final class InletTest {
  private final RemoteException refused = new RemoteException("refused", null);

  private final Chan<List<Lease>> stored = Chan.unbuffered();
  private volatile boolean isRefusing = true;
  private int claims;

  private Object claim() throws Exception {
    claims++;
    if (isRefusing) {
      throw refused;
    }
    return stored.receive();
  }

  private final Backend backend =
      (Backend)
          Proxy.newProxyInstance(
              Backend.class.getClassLoader(),
              new Class<?>[] {Backend.class},
              (_, method, _) ->
                  switch (method.getName()) {
                    case "name" -> "a backend";
                    case "claim" -> claim();
                    default -> null; // it answers all other calls
                  });

  @Test
  void aFailureLastsUntilAClaimSucceeds() throws Exception {
    Keeper keeper = new Keeper(backend, Duration.ofMinutes(1));
    try (Inlet<String> inlet = new Inlet<>(keeper, "jobs", Codec.text(), 1, _ -> {})) {
      for (int i = 0; i < 600; i++) {
        Go.sleep(Duration.ofMillis(100));
        assertEquals(refused, inlet.failure());
      }
      assertTrue(claims > 10 && claims < 20, claims + " claims in a minute");
      isRefusing = false;
      Go.sleep(Duration.ofMillis(4900)); // the claim waits, or is about to be tried
      assertEquals(refused, inlet.failure());
      Go.sleep(Duration.ofMinutes(1));
      assertNull(inlet.failure());
    }
    keeper.close();
  }

  @Test
  void aClaimThatReturnsEndsTheFailure() throws Exception {
    Keeper keeper = new Keeper(backend, Duration.ofMinutes(1));
    try (Inlet<String> inlet = new Inlet<>(keeper, "jobs", Codec.text(), 1, _ -> {})) {
      Go.sleep(Duration.ofMillis(100));
      assertEquals(refused, inlet.failure());
      isRefusing = false;
      stored.send(List.of());
      assertNull(inlet.receive());
      assertNull(inlet.failure());
    }
    keeper.close();
  }
}
