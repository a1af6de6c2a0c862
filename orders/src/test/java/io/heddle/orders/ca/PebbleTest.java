package io.heddle.orders.ca;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.heddle.TaskGroup;
import io.heddle.local.Pebble;
import io.heddle.orders.PebbleNeeded;
import io.heddle.orders.ca.CertificateAuthority.Progress;
import io.heddle.orders.files.Keys;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the tests rely on when several workers use one Pebble. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class PebbleTest {
  private static final int CLIENTS = 8;

  /** Without its restriction to one processor Pebble hung after about 1,000. */
  private static final int LOOKS = 3000;

  @Test
  void severalClientsMayLookAtOneOrderAtTheSameTime() throws Exception {
    try (Pebble pebble = PebbleNeeded.start("PEBBLE_WFE_NONCEREJECT", "0");
        AcmeAuthority ca =
            new AcmeAuthority(
                pebble.directory(),
                pebble.trust(),
                Keys.generate(),
                new AcmeAuthority.Registration(null, true, null, null),
                AcmeAuthority.Load.ofPebble(CLIENTS))) {
      URI order = ca.place(List.of("one.test")).location();
      TaskGroup<Void> clients = new TaskGroup<>();
      for (int client = 0; client < CLIENTS; client++) {
        clients.go(() -> {
          for (int look = 0; look < LOOKS / CLIENTS; look++) {
            assertEquals(Progress.PENDING, ca.order(order).status());
          }
        });
      }
      clients.await();
    }
  }
}
