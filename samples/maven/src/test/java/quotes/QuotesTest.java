package quotes;

import static io.heddle.Go.sleep;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.heddle.Go;
import io.heddle.testing.Bubbled;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/** In virtual time: each test takes milliseconds. */
@Bubbled
final class QuotesTest {
  private static Callable<Integer> shop(int price, Duration delay) {
    return () -> {
      sleep(delay);
      return price;
    };
  }

  @Test
  void shopsAreAskedAtTheSameTime() throws Exception {
    Instant start = Go.now();
    var prices =
        Quotes.of(List.of(shop(30, Duration.ofSeconds(1)), shop(20, Duration.ofMillis(1500))));
    assertEquals(List.of(30, 20), prices);
    assertEquals(Duration.ofMillis(1500), Duration.between(start, Go.now()));
  }

  @Test
  void aShopThatDoesNotAnswerEndsTheRequestAfterTwoSeconds() {
    Instant start = Go.now();
    var shops = List.of(shop(30, Duration.ofSeconds(1)), shop(20, Duration.ofHours(1)));
    var failure = assertThrows(ExecutionException.class, () -> Quotes.of(shops));
    assertInstanceOf(TimeoutException.class, failure.getCause());
    // The bubble would also fail if a goroutine still waited for the other shop.
    assertEquals(Duration.ofSeconds(2), Duration.between(start, Go.now()));
  }
}
