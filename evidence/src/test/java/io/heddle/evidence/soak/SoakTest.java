package io.heddle.evidence.soak;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Chan;
import io.heddle.Go;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The mixed load keeps its laws; one that breaks them is found. */
@Tag("slow")
final class SoakTest {
  private static final Duration TIME = Duration.ofSeconds(Long.getLong("heddle.soak.seconds", 14));

  @Test
  void everyLawHoldsUnderTheMixedLoad() throws Exception {
    Duration shift =
        TIME.dividedBy(7).compareTo(Duration.ofSeconds(10)) > 0
            ? Duration.ofSeconds(10)
            : TIME.dividedBy(7);
    System.out.println("soak: " + Soak.all(shift).run(TIME, false));
  }

  /** What the first shift says in which something goes wrong; that should be the first of all. */
  private static String failure(Station station) {
    Soak soak = new Soak(List.of(() -> station), Duration.ofMillis(300));
    return assertThrows(AssertionError.class, () -> soak.run(Duration.ofSeconds(30), false))
        .getMessage();
  }

  /** The mutant: a goroutine that is interrupted after a receive loses the received value. */
  @Test
  void aLostValueIsFound() {
    Chan<Integer> channel = Chan.buffered(1);
    AtomicLong sent = new AtomicLong();
    AtomicLong received = new AtomicLong();
    Station station =
        new Station() {
          @Override
          public void open(Shift shift) {
            shift.worker(_ -> {
              channel.send(1);
              sent.incrementAndGet();
            });
            shift.worker(_ -> {
              channel.receive();
              Go.gosched();
              if (Thread.interrupted()) {
                throw new InterruptedException("with the value in hand");
              }
              received.incrementAndGet();
            });
          }

          @Override
          public void close() {
            Station.require(
                sent.get() == received.get() + channel.len(),
                "%d sent, %d received",
                sent.get(),
                received.get());
          }

          @Override
          public long done() {
            return received.get();
          }
        };
    assertTrue(failure(station).contains("received"));
  }

  /** The mutant: a goroutine that nothing ends. */
  @Test
  void aGoroutineThatIsLeftIsFound() {
    Chan<Integer> never = Chan.unbuffered();
    Station station =
        new Station() {
          @Override
          public void open(Shift shift) {
            Go.go(() -> never.receive());
            shift.worker(_ -> Go.gosched());
          }

          @Override
          public void close() {}

          @Override
          public long done() {
            return 1;
          }
        };
    assertTrue(failure(station).contains("goroutines are left"));
    never.close();
  }

  @Test
  void memoryThatGrowsIsFound() {
    List<Long> growing =
        LongStream.range(0, 40).map(i -> 10_000_000 + i * 200_000).boxed().toList();
    assertThrows(AssertionError.class, () -> Soak.requireFlat(growing));
    List<Long> flat =
        LongStream.range(0, 40).map(i -> 10_000_000 + i % 7 * 50_000).boxed().toList();
    Soak.requireFlat(flat);
  }
}
