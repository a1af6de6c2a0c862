import static io.heddle.Go.*;
import static io.heddle.Select.*;

import io.heddle.*;

// Where several cases can go ahead select takes any of them, selectInOrder takes the first.
void main() throws Exception {
  run(() -> {
    Chan<String> urgent = Chan.buffered(2);
    Chan<String> normal = Chan.buffered(2);
    for (int i = 1; i <= 2; i++) {
      normal.send("normal " + i);
      urgent.send("urgent " + i);
    }

    for (int i = 1; i <= 5; i++) {
      String line =
          selectInOrder(
              urgent.onReceive(message -> message),
              normal.onReceive(message -> message),
              otherwise(() -> "nothing left")); // Go's default
      IO.println(line);
    }
  });
}
