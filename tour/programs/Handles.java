import static io.heddle.Go.*;
import static io.heddle.Select.*;
import static java.time.Duration.ofDays;

import io.heddle.*;

// go returns a handle. In Go, each of these questions costs a channel.
void main() throws Exception {
  run(() -> {
    Goroutine<?> quick = go("quick", () -> IO.println("Quick work"));
    Goroutine<?> slow = go("slow", () -> sleep(ofDays(1)));

    // Which of them ends first?
    IO.println(
        select(quick.onJoin(_ -> quick.name()), slow.onJoin(_ -> slow.name())) + " has ended.");

    // Nobody has to wait for the other
    slow.cancel();
    slow.join();
    IO.println(
        slow.name() + " was interrupted: " + (slow.failure() instanceof InterruptedException));
  });
}
