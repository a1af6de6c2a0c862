package io.heddle.evidence.reactive;

import io.heddle.Feed;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;

/** A feed, and the subscriber that it hands to its publisher. */
record Subscribed(Feed<Integer> feed, Flow.Subscriber<Integer> subscriber) {
  private static final int CAPACITY = 4;

  static Subscribed fresh() {
    CompletableFuture<Flow.Subscriber<Integer>> subscriber = new CompletableFuture<>();
    Flow.Publisher<Integer> publisher =
        new Flow.Publisher<>() {
          @Override
          @SuppressWarnings("unchecked") // a feed of integers subscribes
          public void subscribe(Flow.Subscriber<? super Integer> fresh) {
            subscriber.complete((Flow.Subscriber<Integer>) fresh);
          }
        };
    return new Subscribed(Feed.from(publisher, CAPACITY), subscriber.join());
  }
}
