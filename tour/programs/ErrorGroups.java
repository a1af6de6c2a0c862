import static io.heddle.Go.*;
import static java.time.Duration.ofDays;

import io.heddle.*;

void fetch(String page) throws Exception {
  if (page.equals("prices")) {
    throw new IOException("no such page: " + page);
  }
  try {
    sleep(ofDays(1)); // Slow pages
  } catch (InterruptedException e) {
    IO.println("Gave up on " + page);
    throw e;
  }
}

// golang.org/x/sync/errgroup
void main() throws Exception {
  run(() -> {
    // The first error cancels the other tasks
    var group = ErrGroup.withContext(Context.background());
    for (String page : List.of("news", "weather", "prices")) {
      group.go(() -> fetch(page));
    }

    try {
      group.await();
    } catch (ExecutionException e) {
      IO.println("Failed: " + e.getCause().getMessage());
    }
  });
}
