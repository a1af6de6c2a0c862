import static io.heddle.Go.*;

import io.heddle.*;

Once once = new Once();

void initialize() {
  IO.println("Initializing...");
}

void main() throws Exception {
  run(() -> {
    var wg = new WaitGroup();
    for (int i = 0; i < 3; i++) {
      wg.go(() -> once.run(this::initialize)); // add(1), go, and done() at the end
    }
    wg.await();
  });
}
