import static io.heddle.Go.*;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;

import io.heddle.*;

String slowly() throws InterruptedException {
  sleep(ofSeconds(1));
  return "late";
}

void main() throws Exception {
  run(() -> {
    // One operation: the caller stops waiting
    Chan<String> answers = Chan.unbuffered();
    try {
      answers.receive(ofMillis(100));
    } catch (TimeoutException e) {
      IO.println(e.getMessage());
    }

    // A goroutine: it continues when the caller stops waiting, unless it is cancelled
    var answer = go(() -> slowly());
    try {
      IO.println(answer.await(ofMillis(100)));
    } catch (TimeoutException e) {
      answer.cancel();
      IO.println("The goroutine was cancelled");
    }

    // Everything that happens in a block, at whatever depth
    try (var context = Context.background().withTimeout(ofMillis(100))) {
      var work = go(context, () -> slowly());
      work.join();
      IO.println("The work has ended: " + context.error().getMessage());
    }
  });
}
