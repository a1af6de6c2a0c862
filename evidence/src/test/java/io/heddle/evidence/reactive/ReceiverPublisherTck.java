package io.heddle.evidence.reactive;

import static io.heddle.Go.go;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.heddle.Chan;
import io.heddle.Feed;
import io.heddle.interop.ReceiverPublisher;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Flow;
import java.util.stream.Stream;
import org.reactivestreams.tck.flow.FlowPublisherVerification;

/** The publisher of a channel. */
public class ReceiverPublisherTck extends FlowPublisherVerification<Integer> {
  /** Made by TestNG. */
  public ReceiverPublisherTck() {
    super(ReactiveStreamsTest.environment(), ReactiveStreamsTest.GONE_MILLIS);
  }

  @Override
  public Flow.Publisher<Integer> createFlowPublisher(long elements) {
    Chan<Integer> numbers = Chan.unbuffered();
    go(() -> {
      for (int i = 0; i < elements; i++) {
        numbers.send(i);
      }
      numbers.close();
    });
    return new ReceiverPublisher<>(numbers);
  }

  @Override
  public Flow.Publisher<Integer> createFailedFlowPublisher() {
    Stream<Integer> failing =
        Stream.of(1)
            .map(one -> {
              throw new IllegalStateException("failed from the start");
            });
    Feed<Integer> feed = Feed.from(failing);
    // A subscription without demand, as the kit's, receives only a failure that came earlier.
    assertThrows(CompletionException.class, feed::receive);
    return new ReceiverPublisher<>(feed);
  }
}
