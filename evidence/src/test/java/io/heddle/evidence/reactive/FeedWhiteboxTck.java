package io.heddle.evidence.reactive;

import static io.heddle.Go.go;

import java.util.concurrent.Flow;
import org.reactivestreams.tck.SubscriberWhiteboxVerification.SubscriberPuppet;
import org.reactivestreams.tck.SubscriberWhiteboxVerification.WhiteboxSubscriberProbe;
import org.reactivestreams.tck.flow.FlowSubscriberWhiteboxVerification;

/** The subscriber of a feed, with a receiver that takes values and closes on request. */
public final class FeedWhiteboxTck extends FlowSubscriberWhiteboxVerification<Integer> {
  /** Made by TestNG. */
  public FeedWhiteboxTck() {
    super(ReactiveStreamsTest.environment());
  }

  @Override
  public Integer createElement(int element) {
    return element;
  }

  @Override
  protected Flow.Subscriber<Integer> createFlowSubscriber(WhiteboxSubscriberProbe<Integer> probe) {
    return new Probed(Subscribed.fresh(), probe);
  }

  /** Reports the signals of the feed's subscriber to the probe. */
  private record Probed(Subscribed subscribed, WhiteboxSubscriberProbe<Integer> probe)
      implements Flow.Subscriber<Integer> {
    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      subscribed.subscriber().onSubscribe(subscription);
      probe.registerOnSubscribe(
          new SubscriberPuppet() {
            @Override
            public void triggerRequest(long elements) {
              go(() -> {
                for (long i = 0; i < elements; i++) {
                  subscribed.feed().receive();
                }
              });
            }

            @Override
            public void signalCancel() {
              subscribed.feed().close();
            }
          });
    }

    @Override
    public void onNext(Integer value) {
      subscribed.subscriber().onNext(value);
      probe.registerOnNext(value);
    }

    @Override
    public void onError(Throwable failure) {
      subscribed.subscriber().onError(failure);
      probe.registerOnError(failure);
    }

    @Override
    public void onComplete() {
      subscribed.subscriber().onComplete();
      probe.registerOnComplete();
    }
  }
}
