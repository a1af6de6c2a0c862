package io.heddle.purge.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.heddle.purge.engine.Ending;
import io.heddle.purge.engine.Summary;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What a person is told. */
final class WordsTest {
  private static Summary summary(long before) {
    return new Summary(
        Ending.COMPLETE,
        null,
        1000,
        0,
        0,
        0,
        0,
        new TreeMap<>(),
        before,
        OptionalLong.of(0),
        Duration.ofSeconds(3));
  }

  @Test
  void theRateOfARunThatGoesOnWithAnotherIsItsOwn() {
    assertEquals(List.of("deleted 1,000 keys in 3.0 s, 333 keys/s"), Words.summary(summary(0)));
    assertEquals(
        List.of(
            "deleted 1,000 keys in 3.0 s, 100 keys/s", "of these, done by earlier runs: 700 keys"),
        Words.summary(summary(700)));
  }
}
