package watch;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.heddle.Context;
import io.heddle.Go;
import io.heddle.testing.Bubbled;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class ChangesTest {
  @Test
  @Bubbled
  void aChangeArrivesWithinAMinute() throws Exception {
    try (var context = Context.background().withCancel()) {
      var temperature = new AtomicInteger(20);
      var changes = Changes.of(temperature::get, context);
      assertEquals(20, changes.receive());

      Instant before = Go.now();
      temperature.set(21);
      assertEquals(21, changes.receive());
      assertEquals(Duration.ofMinutes(1), Duration.between(before, Go.now()));
    }
  }
}
