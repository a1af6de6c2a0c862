package io.heddle;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static io.heddle.Select.otherwise;
import static io.heddle.Select.select;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Receivers of what streams and iterables yield. Publishers have a test of their own. */
@Timeout(60)
final class FeedTest {
  /** Yields 0, 1, 2 and then fails. */
  private static Stream<Integer> failing(RuntimeException failure) {
    return IntStream.range(0, 10)
        .mapToObj(i -> {
          if (i == 3) {
            throw failure;
          }
          return i;
        });
  }

  private static <T> List<T> rest(Receiver<T> receiver) {
    List<T> values = new ArrayList<>();
    receiver.forEach(values::add);
    return values;
  }

  @Test
  void theValuesOfAnIterableArriveInOrder() throws Exception {
    try (Feed<Integer> feed = Feed.from(List.of(1, 2, 3))) {
      assertEquals(1, feed.receive());
      assertEquals(2, feed.receive(Context.background()));
      assertEquals(3, feed.receive(Duration.ofDays(1)));
      assertNull(feed.receive());
      assertNull(feed.receive());
      assertTrue(feed.isDrained());
    }
  }

  @Test
  void theValuesOfAStreamArriveInOrderAndItIsClosed() throws Exception {
    AtomicBoolean closed = new AtomicBoolean();
    List<Integer> numbers = IntStream.range(0, 1_000).boxed().toList();
    try (Feed<Integer> feed = Feed.from(numbers.stream().onClose(() -> closed.set(true)))) {
      assertEquals(numbers, rest(feed));
      assertTrue(closed.get());
    }
  }

  @Test
  void aParallelStreamYieldsItsValuesInOrder() {
    List<Integer> numbers = IntStream.range(0, 1_000).boxed().toList();
    try (Feed<Integer> feed = Feed.from(numbers.parallelStream().map(i -> i))) {
      assertEquals(numbers, rest(feed));
    }
  }

  @Test
  void aSourceIsOneValueAheadOfItsReceiver() throws Exception {
    AtomicInteger made = new AtomicInteger();
    try (Feed<Integer> feed = Feed.from(Stream.generate(made::incrementAndGet))) {
      for (int i = 1; i <= 100; i++) {
        assertEquals(i, feed.receive());
        assertTrue(made.get() <= i + 1, "made too many");
      }
    }
  }

  @Test
  void anInnerStreamIsNotRunAheadEither() throws Exception {
    AtomicInteger made = new AtomicInteger();
    Stream<Integer> nested = Stream.of(1).flatMap(one -> Stream.generate(made::incrementAndGet));
    try (Feed<Integer> feed = Feed.from(nested)) {
      assertEquals(1, feed.receive());
      assertTrue(made.get() <= 2, "made too many");
    }
  }

  @Test
  void aReceiverThatLeavesEndsTheSource() throws Exception {
    AtomicBoolean closed = new AtomicBoolean();
    Stream<Integer> endless = Stream.iterate(0, i -> i + 1).onClose(() -> closed.set(true));
    int found = -1;
    try (Feed<Integer> feed = Feed.from(endless)) {
      for (int number : feed) {
        if (number == 10) {
          found = number;
          break;
        }
      }
    }
    assertEquals(10, found);
    assertTrue(closed.get());
  }

  @Test
  void closeInterruptsASourceThatBlocks() throws Exception {
    CountDownLatch blocked = new CountDownLatch(1);
    AtomicBoolean interrupted = new AtomicBoolean();
    Supplier<Integer> blocking =
        () -> {
          blocked.countDown();
          try {
            return (Integer) Chan.never().receive();
          } catch (InterruptedException e) {
            interrupted.set(true);
            throw new UncheckedIOException(new IOException(e));
          }
        };
    Feed<Integer> feed = Feed.from(Stream.generate(blocking));
    blocked.await();
    feed.close();
    assertTrue(interrupted.get());
    assertNull(feed.receive()); // what it failed with is dropped, as nobody was to receive it
    feed.close();
  }

  @Test
  void closeInterruptsEvenWhereTheContextDoesNot() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    Supplier<Integer> blocking =
        () -> {
          try {
            never.await();
            return 0;
          } catch (InterruptedException e) {
            throw new UncheckedIOException(new IOException(e));
          }
        };
    Feed<Integer> feed =
        Feed.from(Context.background().withoutInterrupts(), Stream.generate(blocking));
    feed.close();
    assertNull(feed.receive());
  }

  @Test
  void anInterruptDoesNotCutTheCloseShort() throws Exception {
    AtomicBoolean closed = new AtomicBoolean();
    Feed<Integer> feed = Feed.from(Stream.iterate(0, i -> i + 1).onClose(() -> closed.set(true)));
    Thread.currentThread().interrupt();
    feed.close();
    assertTrue(Thread.interrupted());
    assertTrue(closed.get());
  }

  @Test
  void theFailureComesAfterTheValuesAndIsNeverTakenForTheEnd() throws Exception {
    UncheckedIOException failure = new UncheckedIOException(new IOException("disk"));
    try (Feed<Integer> feed = Feed.from(failing(failure))) {
      assertEquals(0, feed.receive());
      assertEquals(1, feed.receive());
      assertEquals(2, feed.receive());
      assertSame(failure, assertThrows(CompletionException.class, feed::receive).getCause());
      assertSame(failure, assertThrows(CompletionException.class, feed::tryReceive).getCause());
      assertSame(
          failure,
          assertThrows(CompletionException.class, () -> feed.receive(Duration.ZERO)).getCause());
      assertSame(failure, assertThrows(CompletionException.class, () -> rest(feed)).getCause());
      assertSame(
          failure,
          assertThrows(CompletionException.class, () -> select(feed.onReceive())).getCause());
      assertSame(
          failure,
          assertThrows(CompletionException.class, () -> select(feed.onReceive(value -> value)))
              .getCause());
      assertSame(
          failure,
          assertThrows(CompletionException.class, () -> feed.stream().toList()).getCause());
      assertTrue(feed.isDrained());
    }
  }

  @Test
  void aFailureDoesNotEndTheProgram() throws Exception {
    run(() -> {
      try (Feed<Integer> feed = Feed.from(failing(new IllegalStateException("broken")))) {
        assertThrows(CompletionException.class, () -> rest(feed));
      }
    });
  }

  @Test
  void nullIsAFailureOfTheSource() {
    try (Feed<String> feed = Feed.from(Arrays.asList("a", null, "b"))) {
      assertEquals("a", feed.iterator().next());
      assertInstanceOf(
          NullPointerException.class,
          assertThrows(CompletionException.class, feed::receive).getCause());
    }
  }

  @Test
  void theEndOfTheContextIsToldInTheWordsOfTheContext() throws Exception {
    try (CancelContext context = Context.background().withCancel();
        Feed<Integer> feed = Feed.from(context, Stream.iterate(0, i -> i + 1))) {
      assertEquals(0, feed.receive());
      IOException cause = new IOException("why");
      context.cancel(cause);
      CancelledException thrown =
          assertThrows(
              CancelledException.class,
              () -> {
                Integer next = feed.receive();
                while (next != null) { // one may have been sent before the end
                  next = feed.receive();
                }
              });
      assertSame(cause, thrown.getCause());
    }
  }

  @Test
  void aFeedIsBelowTheCurrentContext() throws Exception {
    try (CancelContext context = Context.background().withCancel()) {
      Chan<Feed<Integer>> made = Chan.unbuffered();
      Goroutine<?> maker =
          go(
              context.withoutInterrupts(),
              () -> made.send(Feed.from(Stream.iterate(0, i -> i + 1))));
      try (Feed<Integer> feed = made.receive()) {
        maker.join();
        context.cancel();
        assertThrows(CancelledException.class, () -> rest(feed));
      }
    }
  }

  @Test
  void aSelectChoosesBetweenAFeedAndOthers() throws Exception {
    Chan<Integer> never = Chan.never();
    try (Feed<Integer> feed = Feed.from(List.of(1))) {
      assertEquals(
          "feed 1",
          select(feed.onReceive(value -> "feed " + value), never.onReceive(value -> "channel")));
      assertNull(select(feed.onReceive()));
    }
  }

  @Test
  void whatIsNotThereYetIsNotReceivedByATry() throws Exception {
    Chan<Integer> source = Chan.unbuffered();
    try (Feed<Integer> feed = Feed.from(source)) {
      assertNull(feed.tryReceive());
      assertFalse(feed.isDrained());
      assertEquals("nothing", select(feed.onReceive(Object::toString), otherwise(() -> "nothing")));
      source.send(1);
      assertEquals(1, feed.receive());
    }
  }

  @Test
  void toCloseTheStreamOfAFeedIsToCloseTheFeed() throws Exception {
    AtomicBoolean closed = new AtomicBoolean();
    Feed<Integer> feed = Feed.from(Stream.iterate(0, i -> i + 1).onClose(() -> closed.set(true)));
    try (Stream<Integer> stream = feed.stream()) {
      assertEquals(List.of(0, 1, 2), stream.limit(3).toList());
    }
    assertTrue(closed.get());
    assertNull(feed.receive());
  }

  @Test
  void theGoroutineOfAFeedWasCreatedWhereTheFeedWas() throws Exception {
    Iterable<String> asked =
        () -> {
          Goroutine<?> own = Goroutine.current();
          Iterator<String> one = List.of(own == null ? "none" : own.createdBy()).iterator();
          return one;
        };
    try (Feed<String> feed = Feed.from(asked)) {
      String creator = feed.receive();
      assertTrue(creator.contains("FeedTest.theGoroutineOfAFeed"), creator);
    }
  }

  @Test
  void aStreamIsClosedIfNoFeedCanBeMade() {
    AtomicBoolean closed = new AtomicBoolean();
    Stream<Integer> source = Stream.of(1).onClose(() -> closed.set(true));
    assertThrows(NullPointerException.class, () -> Feed.from(null, source));
    assertTrue(closed.get());
  }

  @Test
  void aStreamThatCannotBeClosedDoesNotHideAnInterrupt() {
    IllegalStateException second = new IllegalStateException("cannot be closed");
    Supplier<Integer> interrupting =
        () -> {
          Thread.currentThread().interrupt();
          return 0;
        };
    Stream<Integer> source =
        Stream.generate(interrupting)
            .onClose(() -> {
              throw second;
            });
    try (Feed<Integer> feed = Feed.from(source)) {
      Throwable first = assertThrows(CompletionException.class, feed::receive).getCause();
      assertInstanceOf(InterruptedException.class, first);
      assertSame(second, first.getSuppressed()[0]);
    }
  }

  @Test
  void aSourceThatClosesItsFeedIsRefused() throws Exception {
    Chan<Feed<Integer>> itself = Chan.buffered(1);
    Supplier<Integer> closing =
        () -> {
          try {
            itself.receive().close();
            return 0;
          } catch (InterruptedException e) {
            throw new UncheckedIOException(new IOException(e));
          }
        };
    try (Feed<Integer> feed = Feed.from(Stream.generate(closing))) {
      itself.send(feed);
      assertInstanceOf(
          IllegalStateException.class,
          assertThrows(CompletionException.class, feed::receive).getCause());
    }
  }
}
