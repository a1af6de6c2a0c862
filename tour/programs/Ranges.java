import static io.heddle.Go.*;

import io.heddle.*;

// Only a Sender can be closed: that the sender closes is checked by the compiler
void produce(Sender<Integer> squares) throws InterruptedException {
  for (int i = 1; i <= 5; i++) {
    squares.send(i * i);
  }
  squares.close(); // No more values will be sent
}

void main() throws Exception {
  run(() -> {
    Chan<Integer> squares = Chan.buffered(2); // Two sends do not wait for a receiver

    go(() -> produce(squares));

    // for n := range squares
    for (int n : squares) {
      IO.println(n);
    }

    // v, ok := <-squares: closed and drained is null
    IO.println("Then: " + squares.receive());
  });
}
