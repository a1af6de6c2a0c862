import static io.heddle.Go.*;
import static io.heddle.Select.*;
import static java.time.Duration.ofSeconds;

import io.heddle.*;

void process(Context ctx) throws InterruptedException {
  String line =
      select(
          after(ofSeconds(2)).onReceive(_ -> "Completed work"), // simulates a slow operation
          ctx.onDone(() -> "Work cancelled"));
  IO.println(line);
}

void main() throws Exception {
  run(() -> {
    try (var ctx = Context.background().withTimeout(ofSeconds(1))) { // The end of try cancels it

      go(() -> process(ctx));

      sleep(ofSeconds(2));
    }
  });
}
