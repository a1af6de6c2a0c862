package io.heddle;

import static io.heddle.Go.go;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The machinery of bubbles; what they promise is tested with the testing module. */
@Timeout(60)
final class BubbleClockTest {
  @Test
  void anHourTakesNoTime() throws Exception {
    long start = System.nanoTime();
    assertNull(
        new BubbleClock()
            .run(() -> {
              Go.sleep(Duration.ofHours(1));
              assertEquals(BubbleClock.START.plusSeconds(3600), Go.now());
            }));
    assertEquals(0, Duration.ofNanos(System.nanoTime() - start).toMinutes());
  }

  @Test
  void aWakerThatGoesToSleepDoesNotLetTimePassItsPartner() throws Exception {
    BubbleClock bubble = new BubbleClock();
    assertNull(
        bubble.run(() -> {
          Chan<Integer> there = Chan.unbuffered();
          Chan<Integer> back = Chan.unbuffered();
          go(() -> {
            for (int i : there) {
              back.send(i);
            }
            back.close();
          });
          for (int i = 0; i < 10_000; i++) {
            there.send(i);
            assertEquals(i, back.receive(Duration.ofNanos(1)));
          }
          there.close();
          assertNull(back.receive());
          assertEquals(0, Go.nanoTime());
        }));
  }
}
