import static io.heddle.Go.*;
import static io.heddle.Race.*;
import static java.time.Duration.ofDays;

import io.heddle.*;

String ask(String mirror) throws Exception {
  return switch (mirror) {
    case "broken" -> throw new IOException("connection refused");
    case "quick" -> "the page, from the " + mirror + " mirror";
    default -> {
      try {
        sleep(ofDays(1));
      } finally {
        IO.println("The " + mirror + " mirror was cancelled.");
      }
      yield "too late";
    }
  };
}

// The first that succeeds wins, and the rest is cancelled and gone when race returns.
void main() throws Exception {
  run(() -> {
    String page = race(() -> ask("broken"), () -> ask("slow"), () -> ask("quick"));
    IO.println("Got " + page);

    try {
      race(() -> ask("broken"), () -> ask("broken"));
    } catch (ExecutionException e) {
      IO.println("Failed: " + e.getCause().getMessage());
    }
  });
}
