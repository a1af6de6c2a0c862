import static io.heddle.Go.*;
import static io.heddle.Select.*;

import io.heddle.*;
import io.heddle.Selected.*;

// A queue without a limit between two channels
void relay(Receiver<Integer> in, Sender<Integer> out) throws InterruptedException {
  var queue = new ArrayDeque<Integer>();
  boolean open = true;
  while (open || !queue.isEmpty()) {
    switch (choose(
        in.onReceive().when(open), //
        out.onSend(queue.peek()).when(!queue.isEmpty()))) {
      case First(Integer value) when value != null -> queue.add(value);
      case First(_) -> open = false;
      case Second(_) -> queue.remove();
    }
  }
  out.close();
}

void main() throws Exception {
  run(() -> {
    Chan<Integer> in = Chan.unbuffered();
    Chan<Integer> out = Chan.unbuffered();
    go(() -> relay(in, out));

    for (int i = 1; i <= 3; i++) {
      in.send(i); // Nobody receives yet, and this does not block
    }
    in.close();
    for (int value : out) {
      IO.println(value);
    }
  });
}
