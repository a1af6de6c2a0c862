package io.heddle.orders.ca;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.heddle.Chan;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.orders.files.Keys;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Orders that are placed at the same time. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class PlacementTest {
  private static final int MANY = 100;

  private static byte[] order(ScriptedCa ca, int number, int names) {
    String authorizations =
        IntStream.range(0, names)
            .mapToObj(i -> "\"" + ca.at("/authorizations/" + number + "/" + i) + "\"")
            .collect(Collectors.joining(","));
    return ScriptedCa.answer(
        201,
        "application/json",
        "Location: " + ca.at("/orders/" + number) + "\r\n",
        "{\"status\":\"pending\",\"expires\":\"%s\",\"authorizations\":[%s]}"
            .formatted(Instant.now().plusSeconds(3600), authorizations));
  }

  private static byte[] authorization(ScriptedCa ca, String path) {
    String name = "n" + path.substring(path.lastIndexOf('/') + 1) + ".test";
    String status = name.equals("n7.test") ? "processing" : "pending";
    return ScriptedCa.answer(
        200,
        "application/json",
        "",
        "{\"status\":\"pending\",\"identifier\":{\"type\":\"dns\",\"value\":\"%s\"},\"challenges\":[{\"type\":\"http-01\",\"url\":\"%s\",\"token\":\"abc\",\"status\":\"%s\"}]}"
            .formatted(name, ca.at(path + "/http"), status));
  }

  /** It was behind all of them, and failed after a minute. */
  @Test
  void anOrderDoesNotWaitForTheAuthorizationsOfAnother() throws Exception {
    Chan<Boolean> begun = Chan.buffered(MANY);
    Chan<Boolean> released = Chan.unbuffered();
    AtomicInteger orders = new AtomicInteger();
    try (ScriptedCa ca =
            new ScriptedCa((self, path, out) -> {
              if (path.equals("/orders")) {
                int number = orders.incrementAndGet();
                out.write(order(self, number, number == 1 ? MANY : 1));
                return true;
              }
              if (!path.startsWith("/authorizations/")) {
                return false;
              }
              if (path.startsWith("/authorizations/1/")) {
                begun.send(true);
                released.receive();
              }
              out.write(authorization(self, path));
              return true;
            });
        AcmeAuthority client =
            new AcmeAuthority(
                ca.at("/dir"),
                null,
                Keys.generate(),
                new AcmeAuthority.Registration(null, true, null, null),
                AcmeAuthority.Load.ofPebble(8))) {
      Go.run(() -> {
        Chan<CertificateAuthority.Placed> large = Chan.buffered(1);
        Goroutine<?> placing =
            Go.go(() -> {
              large.send(
                  client.place(IntStream.range(0, MANY).mapToObj(i -> "n" + i + ".test").toList()));
            });
        for (int i = 0; i < 4; i++) {
          begun.receive(); // several are asked for at the same time
        }
        CertificateAuthority.Placed small = client.place(List.of("n0.test"));
        assertEquals("n0.test", small.authorizations().getFirst().domain());
        released.close();
        placing.join();
        CertificateAuthority.Placed placed = large.receive();
        assertEquals(MANY, placed.authorizations().size());
        for (int i = 0; i < MANY; i++) {
          assertEquals("n" + i + ".test", placed.authorizations().get(i).domain());
        }
        assertEquals(MANY - 1, placed.untouched().size(), "one has been tried");
      });
    }
  }
}
