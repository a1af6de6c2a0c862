package io.heddle.evidence.reactive;

import java.util.concurrent.Flow;

/** A mutant that the kit has to find: it publishes one value more than was requested. */
public final class GreedyTck extends ReceiverPublisherTck {
  @Override
  public Flow.Publisher<Integer> createFlowPublisher(long elements) {
    Flow.Publisher<Integer> publisher = super.createFlowPublisher(elements);
    return subscriber -> publisher.subscribe(subscriber == null ? null : new Greedy(subscriber));
  }

  private record Greedy(Flow.Subscriber<? super Integer> subscriber)
      implements Flow.Subscriber<Integer> {
    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      subscriber.onSubscribe(
          new Flow.Subscription() {
            @Override
            public void request(long n) {
              subscription.request(n);
              subscription.request(1);
            }

            @Override
            public void cancel() {
              subscription.cancel();
            }
          });
    }

    @Override
    public void onNext(Integer value) {
      subscriber.onNext(value);
    }

    @Override
    public void onError(Throwable failure) {
      subscriber.onError(failure);
    }

    @Override
    public void onComplete() {
      subscriber.onComplete();
    }
  }
}
