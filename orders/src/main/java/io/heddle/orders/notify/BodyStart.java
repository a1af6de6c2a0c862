package io.heddle.orders.notify;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/**
 * Receives the first bytes of a response, for people. A response that is much longer is cut off, so
 * that a server cannot make this process read without end.
 */
final class BodyStart implements HttpResponse.BodySubscriber<String> {
  /** How much is kept. */
  static final int KEPT = 300;

  /** How much is read, so that the connection can be used again. */
  private static final int MOST = 64 << 10;

  private final CompletableFuture<String> result = new CompletableFuture<>();
  private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
  private long read;
  private Flow.@Nullable Subscription subscription;

  @Override
  public CompletionStage<String> getBody() {
    return result;
  }

  @Override
  public void onSubscribe(Flow.Subscription given) {
    subscription = given;
    given.request(Long.MAX_VALUE);
  }

  @Override
  public void onNext(List<ByteBuffer> buffers) {
    for (ByteBuffer buffer : buffers) {
      read += buffer.remaining();
      while (kept.size() < KEPT && buffer.hasRemaining()) {
        kept.write(buffer.get());
      }
    }
    if (read > MOST && subscription != null) {
      subscription.cancel();
      onComplete();
    }
  }

  @Override
  public void onError(Throwable failure) {
    result.completeExceptionally(failure);
  }

  @Override
  public void onComplete() {
    result.complete(kept.toString(UTF_8));
  }
}
