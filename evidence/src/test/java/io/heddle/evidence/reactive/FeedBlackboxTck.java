package io.heddle.evidence.reactive;

import java.util.concurrent.Flow;
import org.reactivestreams.tck.flow.FlowSubscriberBlackboxVerification;

/** The subscriber of a feed, by the calls it makes. */
public final class FeedBlackboxTck extends FlowSubscriberBlackboxVerification<Integer> {
  /** Made by TestNG. */
  public FeedBlackboxTck() {
    super(ReactiveStreamsTest.environment());
  }

  @Override
  public Flow.Subscriber<Integer> createFlowSubscriber() {
    return Subscribed.fresh().subscriber();
  }

  @Override
  public Integer createElement(int element) {
    return element;
  }
}
