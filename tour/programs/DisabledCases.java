import static io.heddle.Go.*;

import io.heddle.*;

void count(int from, int to, Sender<Integer> out) throws InterruptedException {
  for (int i = from; i <= to; i++) {
    out.send(i);
  }
  out.close();
}

// Merges two channels until both are closed. A select for repeated use allocates nothing.
void main() throws Exception {
  run(() -> {
    Chan<Integer> units = Chan.unbuffered();
    Chan<Integer> tens = Chan.unbuffered();
    go(() -> count(1, 3, units));
    go(() -> count(11, 13, tens));

    var unit = units.onReceive();
    var ten = tens.onReceive();
    var either = Select.of(unit, ten);
    int open = 2;
    while (open > 0) {
      var chosen = either.await() == unit ? unit : ten;
      Integer value = chosen.result();
      if (value == null) {
        chosen.when(false); // Go sets the channel's variable to nil
        open--;
      } else {
        IO.println(value);
      }
    }
    IO.println("Both are closed.");
  });
}
