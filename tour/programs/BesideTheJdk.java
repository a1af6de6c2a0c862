import static io.heddle.Go.*;

import io.heddle.*;
import io.heddle.interop.*;
import java.util.concurrent.Flow;

// Code written for executors runs in goroutines.
void executors() throws Exception {
  try (var executor = new GoroutineExecutor()) {
    Future<Integer> answer = executor.submit(() -> 6 * 7);
    CompletableFuture<String> text =
        CompletableFuture.supplyAsync(() -> "The answer", executor)
            .thenApplyAsync(words -> words + " is ", executor);
    IO.println(text.get() + answer.get());
  }
}

// A channel is a stream, which takes no more than it uses; and a stream is received from.
void streams() throws Exception {
  Chan<Integer> numbers = Chan.unbuffered();
  go(() -> {
    for (int i = 1; i <= 5; i++) {
      numbers.send(i);
    }
    numbers.close();
  });
  IO.println("The first two: " + numbers.stream().limit(2).toList());
  IO.println("The rest: " + numbers.stream().toList());

  try (Feed<Integer> powers = Feed.from(Stream.iterate(1, i -> 2 * i))) {
    for (int power : powers) {
      if (power > 1000) {
        IO.println("The first power of two above 1000: " + power);
        break; // closing the feed ends the endless stream
      }
    }
  }
}

// A channel is a publisher, and a publisher is received from, with its failures.
void publishers() throws Exception {
  Chan<String> words = Chan.buffered(3);
  words.send("one");
  words.send("two");
  words.close();
  try (Feed<String> feed = Feed.from(new ReceiverPublisher<>(words), 16)) {
    IO.println("Published: " + String.join(", ", feed));
  }

  Flow.Publisher<String> broken =
      subscriber -> {
        subscriber.onSubscribe(new NoSubscription());
        subscriber.onError(new IOException("connection reset"));
      };
  try (Feed<String> feed = Feed.from(broken, 16)) {
    feed.receive();
  } catch (CompletionException e) {
    IO.println("The publisher failed: " + e.getCause().getMessage());
  }
}

record NoSubscription() implements Flow.Subscription {
  @Override
  public void request(long n) {}

  @Override
  public void cancel() {}
}

void main() throws Exception {
  run(() -> {
    executors();
    streams();
    publishers();
  });
}
