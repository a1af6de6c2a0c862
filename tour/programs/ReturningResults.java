import static io.heddle.Go.*;
import static java.time.Duration.ofMillis;

import io.heddle.*;

String fetch(String page, int millis) throws InterruptedException {
  sleep(ofMillis(millis));
  return "<" + page + ">";
}

void main() throws Exception {
  run(() -> {
    // One goroutine with a result
    var news = go(() -> fetch("news", 10));
    IO.println(news.await());

    // Many, in the order in which they were started
    try (var pages = new TaskGroup<String>()) {
      pages.go(() -> fetch("slow", 300));
      pages.go(() -> fetch("quick", 10));
      IO.println(pages.await());
    }

    // Many, in the order in which they end
    try (var pages = new TaskGroup<String>()) {
      pages.go(() -> fetch("slow", 300));
      pages.go(() -> fetch("quick", 10));
      for (String page : pages.results()) {
        IO.println(page);
      }
    }
  });
}
