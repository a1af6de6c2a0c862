import static io.heddle.Go.*;
import static java.time.Duration.ofSeconds;

void sayHello() {
  IO.println("Hello from a goroutine!");
}

void main() throws Exception {
  run(() -> {
    go(this::sayHello); // Launches sayHello in a new goroutine

    IO.println("Hello from main!");
    sleep(ofSeconds(1)); // Wait for the goroutine to complete (only for example)
  });
}
