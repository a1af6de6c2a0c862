package io.heddle.interop;

import static io.heddle.Go.go;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.CancelContext;
import io.heddle.CancelledException;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.Feed;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.PanicException;
import io.heddle.Select;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Flow;
import java.util.concurrent.SubmissionPublisher;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Publishers of channels, and feeds of publishers. The rules have the TCK, in module evidence. */
@Timeout(60)
final class ReceiverPublisherTest {
  private static final String COMPLETE = "complete";

  /** Keeps the signals it gets, and lets the test request. */
  private static final class Probe implements Flow.Subscriber<Integer> {
    final Chan<Object> signals = Chan.buffered(1_000);
    final Chan<Flow.Subscription> subscription = Chan.buffered(1);

    @Override
    public void onSubscribe(Flow.Subscription fresh) {
      assertTrue(subscription.trySend(fresh));
    }

    @Override
    public void onNext(Integer value) {
      assertTrue(signals.trySend(value));
    }

    @Override
    public void onError(Throwable failure) {
      assertTrue(signals.trySend(failure));
    }

    @Override
    public void onComplete() {
      assertTrue(signals.trySend(COMPLETE));
    }
  }

  /** A publisher that is driven by hand. */
  private static class Manual implements Flow.Publisher<Integer>, Flow.Subscription {
    final Chan<Flow.Subscriber<? super Integer>> subscriber = Chan.buffered(1);
    final Chan<Long> requests = Chan.buffered(1_000);
    final Chan<String> cancellation = Chan.buffered(1);

    @Override
    public void subscribe(Flow.Subscriber<? super Integer> fresh) {
      assertTrue(subscriber.trySend(fresh));
    }

    @Override
    public void request(long n) {
      assertTrue(requests.trySend(n));
    }

    @Override
    public void cancel() {
      assertTrue(cancellation.trySend("cancelled"));
    }
  }

  // Publishers of channels

  @Test
  void nothingIsReceivedThatWasNotRequested() throws Exception {
    Chan<Integer> numbers = Chan.buffered(10);
    for (int i = 0; i < 10; i++) {
      numbers.send(i);
    }
    Probe probe = new Probe();
    new ReceiverPublisher<>(numbers).subscribe(probe);
    Flow.Subscription subscription = probe.subscription.receive();
    assertEquals(10, numbers.len());
    subscription.request(2);
    assertEquals(0, probe.signals.receive());
    assertEquals(1, probe.signals.receive());
    assertEquals(8, numbers.len());
    subscription.cancel();
    assertEquals(2, numbers.receive());
  }

  @Test
  void aSubscriptionEndsWithTheChannel() throws Exception {
    Chan<Integer> numbers = Chan.unbuffered();
    Probe probe = new Probe();
    new ReceiverPublisher<>(numbers).subscribe(probe);
    probe.subscription.receive().request(Long.MAX_VALUE);
    for (int i = 0; i < 100; i++) {
      numbers.send(i);
    }
    numbers.close();
    for (int i = 0; i < 100; i++) {
      assertEquals(i, probe.signals.receive());
    }
    assertEquals(COMPLETE, probe.signals.receive());
  }

  @Test
  void whatHasNothingLeftIsCompleteWithoutARequest() throws Exception {
    Chan<Integer> numbers = Chan.unbuffered();
    numbers.close();
    Probe probe = new Probe();
    new ReceiverPublisher<>(numbers).subscribe(probe);
    assertEquals(COMPLETE, probe.signals.receive());
  }

  @Test
  void subscribersShareTheValues() throws Exception {
    Chan<Integer> numbers = Chan.unbuffered();
    ReceiverPublisher<Integer> publisher = new ReceiverPublisher<>(numbers);
    List<Probe> probes = List.of(new Probe(), new Probe(), new Probe());
    for (Probe probe : probes) {
      publisher.subscribe(probe);
      probe.subscription.receive().request(Long.MAX_VALUE);
    }
    for (int i = 0; i < 300; i++) {
      numbers.send(i);
    }
    numbers.close();
    List<Integer> all = new ArrayList<>();
    for (Probe probe : probes) {
      for (Object signal; (signal = probe.signals.receive()) != COMPLETE; ) {
        all.add((Integer) signal);
      }
    }
    assertEquals(IntStream.range(0, 300).boxed().toList(), all.stream().sorted().toList());
  }

  @Test
  void aCancelledSubscriptionLosesNoValue() throws Exception {
    for (int round = 0; round < 300; round++) {
      Chan<Integer> numbers = Chan.unbuffered();
      Probe probe = new Probe();
      new ReceiverPublisher<>(numbers).subscribe(probe);
      Flow.Subscription subscription = probe.subscription.receive();
      subscription.request(1);
      Goroutine<?> canceller = go(subscription::cancel);
      Goroutine<?> sender = go(() -> numbers.send(7));
      canceller.join();
      // Either the subscriber has it, or it can be received here.
      Object value = Select.<Object>select(numbers.onReceive(n -> n), probe.signals.onReceive());
      assertEquals(7, value);
      sender.join();
    }
  }

  @Test
  void aRequestOfNothingIsAnError() throws Exception {
    Chan<Integer> numbers = Chan.unbuffered();
    Probe probe = new Probe();
    new ReceiverPublisher<>(numbers).subscribe(probe);
    Flow.Subscription subscription = probe.subscription.receive();
    subscription.request(5);
    subscription.request(0);
    assertInstanceOf(IllegalArgumentException.class, probe.signals.receive());
  }

  @Test
  void theFailureOfAFeedAndTheEndOfTheContextAreErrors() throws Exception {
    IllegalStateException failure = new IllegalStateException("broken");
    Stream<Integer> broken =
        Stream.of(1)
            .map(one -> {
              throw failure;
            });
    Probe probe = new Probe();
    try (Feed<Integer> feed = Feed.from(broken)) {
      new ReceiverPublisher<>(feed).subscribe(probe);
      probe.subscription.receive().request(1);
      assertSame(failure, probe.signals.receive());
    }
    try (CancelContext context = Context.background().withCancel()) {
      Probe second = new Probe();
      new ReceiverPublisher<>(context, Chan.<Integer>unbuffered()).subscribe(second);
      context.cancel();
      assertInstanceOf(CancelledException.class, second.signals.receive());
    }
  }

  @Test
  void cancellingDoesNotInterruptTheSubscriber() throws Exception {
    Chan<Integer> numbers = Chan.buffered(1);
    numbers.send(1);
    Chan<Boolean> interrupted = Chan.buffered(1);
    new ReceiverPublisher<>(numbers)
        .subscribe(
            new Flow.Subscriber<Integer>() {
              private Flow.Subscription own;

              @Override
              public void onSubscribe(Flow.Subscription subscription) {
                own = subscription;
                own.request(1);
              }

              @Override
              public void onNext(Integer value) {
                own.cancel();
                interrupted.trySend(Thread.currentThread().isInterrupted());
              }

              @Override
              public void onError(Throwable failure) {}

              @Override
              public void onComplete() {}
            });
    assertEquals(false, interrupted.receive());
  }

  @Test
  void whatASubscriberThrowsIsTheFailureOfAGoroutine() {
    IllegalStateException failure = new IllegalStateException("subscriber");
    PanicException panic =
        assertThrows(
            PanicException.class,
            () ->
                Go.run(() -> {
                  Chan<Integer> numbers = Chan.unbuffered();
                  new ReceiverPublisher<>(numbers)
                      .subscribe(
                          new Flow.Subscriber<Integer>() {
                            @Override
                            public void onSubscribe(Flow.Subscription subscription) {
                              throw failure;
                            }

                            @Override
                            public void onNext(Integer value) {}

                            @Override
                            public void onError(Throwable thrown) {}

                            @Override
                            public void onComplete() {}
                          });
                  Chan.never().receive();
                }));
    assertSame(failure, panic.getCause());
  }

  // Feeds of publishers

  @Test
  void aFeedRequestsAsItsReceiverTakes() throws Exception {
    Manual manual = new Manual();
    try (Feed<Integer> feed = Feed.from(manual, 4)) {
      Flow.Subscriber<? super Integer> subscriber = manual.subscriber.receive();
      subscriber.onSubscribe(manual);
      assertEquals(4, manual.requests.receive());
      for (int i = 0; i < 4; i++) {
        subscriber.onNext(i);
      }
      assertEquals(0, feed.receive());
      assertEquals(0, manual.requests.len());
      assertEquals(1, feed.receive());
      assertEquals(2, manual.requests.receive());
      assertEquals(2, feed.receive());
      assertEquals(3, feed.receive());
      assertEquals(2, manual.requests.receive());
      subscriber.onComplete();
      assertNull(feed.receive());
    }
    assertEquals(0, manual.cancellation.len());
  }

  @Test
  void anErrorComesAfterTheValues() throws Exception {
    Manual manual = new Manual();
    IOException failure = new IOException("upstream");
    try (Feed<Integer> feed = Feed.from(manual, 4)) {
      Flow.Subscriber<? super Integer> subscriber = manual.subscriber.receive();
      subscriber.onSubscribe(manual);
      assertEquals(4, manual.requests.receive());
      subscriber.onNext(1);
      subscriber.onNext(2);
      subscriber.onError(failure);
      assertEquals(1, feed.receive());
      assertEquals(2, feed.receive());
      assertSame(failure, assertThrows(CompletionException.class, feed::receive).getCause());
    }
    assertEquals(0, manual.cancellation.len());
  }

  @Test
  void toCloseAFeedIsToCancelItsSubscription() throws Exception {
    Manual manual = new Manual();
    Feed<Integer> feed = Feed.from(manual, 4);
    Flow.Subscriber<? super Integer> subscriber = manual.subscriber.receive();
    subscriber.onSubscribe(manual);
    feed.close();
    assertEquals("cancelled", manual.cancellation.receive());
    subscriber.onNext(1); // may still be under way, and concerns nobody
    subscriber.onComplete();
    assertNull(feed.receive());
  }

  @Test
  void aSubscriptionThatComesTooLateOrTwiceIsCancelled() throws Exception {
    Manual late = new Manual();
    Feed<Integer> closed = Feed.from(late, 4);
    Flow.Subscriber<? super Integer> subscriber = late.subscriber.receive();
    closed.close();
    subscriber.onSubscribe(late);
    assertEquals("cancelled", late.cancellation.receive());

    Manual first = new Manual();
    Manual second = new Manual();
    try (Feed<Integer> feed = Feed.from(first, 4)) {
      subscriber = first.subscriber.receive();
      subscriber.onSubscribe(first);
      subscriber.onSubscribe(second);
      assertEquals("cancelled", second.cancellation.receive());
      subscriber.onNext(1);
      assertEquals(1, feed.receive());
    }
    assertEquals("cancelled", first.cancellation.receive());
  }

  @Test
  void aPublisherThatHeedsNoRequestsFailsTheFeed() throws Exception {
    Manual manual = new Manual();
    try (Feed<Integer> feed = Feed.from(manual, 2)) {
      Flow.Subscriber<? super Integer> subscriber = manual.subscriber.receive();
      subscriber.onSubscribe(manual);
      for (int i = 0; i < 100; i++) {
        subscriber.onNext(i);
      }
      CompletionException thrown =
          assertThrows(CompletionException.class, () -> feed.forEach(value -> {}));
      assertInstanceOf(IllegalStateException.class, thrown.getCause());
      assertEquals("cancelled", manual.cancellation.receive());
    }
  }

  @Test
  void aPublisherThatThrowsFailsTheFeed() {
    IllegalStateException failure = new IllegalStateException("subscribe");
    Flow.Publisher<Integer> throwing =
        subscriber -> {
          throw failure;
        };
    try (Feed<Integer> feed = Feed.from(throwing, 1)) {
      assertSame(failure, assertThrows(CompletionException.class, feed::receive).getCause());
    }
    assertThrows(IllegalArgumentException.class, () -> Feed.from(throwing, 0));
  }

  @Test
  void aCancelThatFailsDoesNotHideTheFailure() throws Exception {
    IllegalStateException second = new IllegalStateException("cancel");
    Manual manual =
        new Manual() {
          @Override
          public void cancel() {
            throw second;
          }
        };
    try (Feed<Integer> feed = Feed.from(manual, 1)) {
      Flow.Subscriber<? super Integer> subscriber = manual.subscriber.receive();
      subscriber.onSubscribe(manual);
      for (int i = 0; i < 100; i++) {
        subscriber.onNext(i);
      }
      Throwable first =
          assertThrows(CompletionException.class, () -> feed.forEach(value -> {})).getCause();
      assertTrue(first.getMessage().endsWith("more than was requested"), first.getMessage());
      assertSame(second, first.getSuppressed()[0]);
    }
  }

  @Test
  void aCapacityWithoutLimitIsBounded() throws Exception {
    Manual manual = new Manual();
    try (Feed<Integer> feed = Feed.from(manual, Integer.MAX_VALUE)) {
      Flow.Subscriber<? super Integer> subscriber = manual.subscriber.receive();
      subscriber.onSubscribe(manual);
      assertEquals(65_536, manual.requests.receive());
      subscriber.onNext(1);
      assertEquals(1, feed.receive());
    }
  }

  // Both ways

  @Test
  // The publisher is closed early: that is its end for the feed. It tells nobody of a subscription.
  @SuppressWarnings({"try", "ThreadPriorityCheck"})
  void valuesGoThroughAPublisherOfTheJdkOnGoroutines() throws Exception {
    try (var executor = new GoroutineExecutor();
        var publisher = new SubmissionPublisher<Integer>(executor, 8);
        Feed<Integer> feed = Feed.from(publisher, 3)) {
      while (publisher.getNumberOfSubscribers() == 0) {
        Thread.yield();
      }
      AtomicLong lag = new AtomicLong();
      Goroutine<?> sender =
          go(() -> {
            for (int i = 0; i < 1_000; i++) {
              lag.accumulateAndGet(publisher.submit(i), Math::max);
            }
            publisher.close();
          });
      assertEquals(IntStream.range(0, 1_000).boxed().toList(), feed.stream().toList());
      sender.join();
      assertTrue(lag.get() <= 9, "a lag of " + lag);
    }
  }

  @Test
  void aFeedOfAPublisherOfAChannelIsTheChannel() throws Exception {
    Chan<Integer> numbers = Chan.unbuffered();
    Goroutine<?> sender =
        go(() -> {
          for (int i = 0; i < 10_000; i++) {
            numbers.send(i);
          }
          numbers.close();
        });
    try (Feed<Integer> feed = Feed.from(new ReceiverPublisher<>(numbers), 16)) {
      assertEquals(IntStream.range(0, 10_000).boxed().toList(), feed.stream().toList());
    }
    sender.join();
  }
}
