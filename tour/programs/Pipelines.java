import static io.heddle.Go.*;

import io.heddle.*;
import io.heddle.flow.*;

int slowSquare(int n) throws InterruptedException {
  sleep(Duration.ofMillis(10));
  return n * n;
}

void main() throws Exception {
  run(() -> {
    // Each stage has its goroutines, connected by channels, and all end together
    int sum =
        Pipeline.call(
            Context.background(),
            pipeline -> {
              Receiver<Integer> numbers = pipeline.from(List.of(1, 2, 3, 4, 5));
              Receiver<Integer> squares = pipeline.mapInOrder(numbers, 3, this::slowSquare);
              int total = 0;
              for (int square : squares) {
                IO.println("Square: " + square);
                total += square;
              }
              return total;
            });
    IO.println("Sum: " + sum);

    // The body may stop receiving: a stage without an end is then cancelled
    Pipeline.run(
        Context.background(),
        pipeline -> {
          Receiver<Integer> endless =
              pipeline.generate(out -> {
                for (int i = 1; ; i++) {
                  out.send(i);
                }
              });
          IO.println("First: " + endless.receive());
          IO.println("Second: " + endless.receive());
        });
    IO.println("Nothing is left running.");
  });
}
