import static io.heddle.Go.*;

import io.heddle.*;

// sync.OnceValue
OnceValue<Integer> answer = OnceValue.of(this::compute);

int compute() {
  IO.println("Computing...");
  return 6 * 7;
}

void main() throws Exception {
  run(() -> {
    var wg = new WaitGroup();
    for (int i = 0; i < 3; i++) {
      int id = i;
      wg.go(() -> IO.println("Goroutine " + id + " got " + answer.get()));
    }
    wg.await();
  });
}
