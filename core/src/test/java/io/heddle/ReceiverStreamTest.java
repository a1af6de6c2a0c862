package io.heddle;

import static io.heddle.Go.go;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Iterator;
import java.util.List;
import java.util.Spliterator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Channels as streams. */
@Timeout(60)
final class ReceiverStreamTest {
  private static Chan<Integer> closedWith(int... values) throws InterruptedException {
    Chan<Integer> numbers = Chan.buffered(values.length);
    for (int value : values) {
      numbers.send(value);
    }
    numbers.close();
    return numbers;
  }

  @Test
  void aStreamEndsWithItsChannel() throws Exception {
    Chan<Integer> numbers = Chan.unbuffered();
    Goroutine<?> sender =
        go(() -> {
          for (int i = 1; i <= 100; i++) {
            numbers.send(i);
          }
          numbers.close();
        });
    assertEquals(5050, numbers.stream().mapToInt(i -> i).sum());
    sender.join();
    assertEquals(0, numbers.stream().count());
  }

  @Test
  void aStreamTakesNoMoreThanItUses() throws Exception {
    Chan<Integer> numbers = closedWith(1, 2, 3, 4, 5);
    assertEquals(List.of(1, 2), numbers.stream().limit(2).toList());
    assertEquals(3, numbers.stream().findFirst().orElseThrow());
    assertTrue(numbers.stream().anyMatch(i -> i == 4));
    assertEquals(5, numbers.receive());
  }

  @Test
  void nothingIsReceivedBeforeTheTerminalOperation() throws Exception {
    Chan<Integer> numbers = closedWith(1, 2);
    Stream<Integer> stream = numbers.stream().filter(i -> i > 1);
    assertEquals(2, numbers.len());
    assertEquals(List.of(2), stream.toList());
  }

  @Test
  void toCloseTheStreamLeavesTheChannelOpen() throws Exception {
    Chan<Integer> numbers = Chan.buffered(2);
    try (Stream<Integer> stream = numbers.stream()) {
      numbers.send(1);
      assertEquals(1, stream.findFirst().orElseThrow());
    }
    numbers.send(2);
    assertEquals(2, numbers.receive());
  }

  @Test
  void anInterruptEndsTheTerminalOperation() throws Exception {
    Chan<Integer> numbers = Chan.unbuffered();
    Chan<Throwable> thrown = Chan.buffered(1);
    Goroutine<?> collector =
        go(() -> {
          try {
            numbers.stream().forEach(i -> {});
          } catch (CancelledException e) {
            assertTrue(Thread.interrupted());
            thrown.send(e);
          }
        });
    TestSupport.awaitBlocked(collector, "chan receive");
    collector.cancel();
    assertInstanceOf(InterruptedException.class, thrown.receive().getCause());
  }

  @Test
  void theValuesOfAParallelStreamArriveOnceEach() throws Exception {
    Chan<Integer> numbers = Chan.unbuffered();
    Goroutine<?> sender =
        go(() -> {
          for (int i = 0; i < 1_000; i++) {
            numbers.send(i);
          }
          numbers.close();
        });
    assertEquals(499_500, numbers.stream().parallel().mapToInt(i -> i).sum());
    sender.join();
  }

  @Test
  void anIteratorAndASpliteratorOfTheStreamSeeTheSameValues() throws Exception {
    Iterator<Integer> iterator = closedWith(1, 2, 3).stream().iterator();
    assertEquals(1, iterator.next());
    assertTrue(iterator.hasNext());
    assertEquals(2, iterator.next());
    assertEquals(3, iterator.next());
    assertFalse(iterator.hasNext());
    Spliterator<Integer> spliterator = closedWith(1).stream().spliterator();
    assertTrue(spliterator.hasCharacteristics(Spliterator.ORDERED | Spliterator.NONNULL));
    assertThrows(NullPointerException.class, () -> spliterator.tryAdvance(null));
  }

  /** The iterator of a channel receives in {@code hasNext}; what it has received is not lost. */
  @Test
  void whatAnIteratorHasReceivedIsAmongTheRemaining() throws Exception {
    Iterator<Integer> iterator = closedWith(1, 2, 3).iterator();
    assertTrue(iterator.hasNext());
    Chan<Integer> seen = Chan.buffered(3);
    iterator.forEachRemaining(seen::trySend);
    seen.close();
    assertEquals(List.of(1, 2, 3), seen.stream().toList());
  }
}
