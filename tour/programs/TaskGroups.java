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

// golang.org/x/sync/errgroup, with results
void main() throws Exception {
  run(() -> {
    // The results come in the order of go
    try (var squares = new TaskGroup<Integer>()) {
      for (int i = 1; i <= 3; i++) {
        int n = i;
        squares.go(() -> n * n);
      }
      IO.println("Squares: " + squares.await());
    }

    // The first error cancels the other tasks
    try (var pages = new TaskGroup<Void>()) {
      for (String page : List.of("news", "weather", "prices")) {
        pages.go(() -> fetch(page));
      }
      pages.await();
    } catch (ExecutionException e) {
      IO.println("Failed: " + e.getCause().getMessage());
    }
  });
}
