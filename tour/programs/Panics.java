import static io.heddle.Go.*;
import static java.time.Duration.ofDays;

import io.heddle.*;

// An exception that a goroutine lets out ends the whole program: none dies unseen.
void main() throws Exception {
  try {
    run(() -> {
      go(
          "weaver",
          () -> {
            throw new IllegalStateException("the thread broke");
          });

      sleep(ofDays(1));
      IO.println("Never printed");
    });
  } catch (PanicException e) {
    IO.println(e.getMessage());
  }
}
