import static io.heddle.Go.*;
import static io.heddle.Select.*;

import io.heddle.*;
import java.util.concurrent.CompletableFuture;

Mutex mutex = new Mutex();
Semaphore permits = new Semaphore(1);
WaitGroup workers = new WaitGroup();
CompletableFuture<String> answer = new CompletableFuture<>();

// Everything that blocks is a case, not only a channel.
String first(Context ctx) throws InterruptedException {
  return select(
      mutex.onLock(() -> "Locked the mutex"),
      permits.onAcquire(1, () -> "Acquired a permit"),
      workers.onAwait(() -> "All workers are done"),
      onComplete(answer),
      ctx.onDone(() -> "The context is done"));
}

void main() throws Exception {
  run(() -> {
    try (var ctx = Context.background().withCancel()) {
      mutex.lock();
      permits.acquire();
      workers.add(1);

      go(() -> mutex.unlock());
      IO.println(first(ctx));

      go(() -> permits.release());
      IO.println(first(ctx));

      go(() -> workers.done());
      IO.println(first(ctx));
      workers.add(1);

      go(() -> answer.complete("The JDK's future is complete"));
      IO.println(first(ctx));
      answer = new CompletableFuture<>();

      go(() -> ctx.cancel());
      IO.println(first(ctx));
    }
  });
}
