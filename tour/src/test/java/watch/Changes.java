package watch;

import static io.heddle.Go.go;
import static io.heddle.Go.sleep;

import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.Receiver;
import java.time.Duration;
import java.util.function.Supplier;

final class Changes {
  /** Reads the source once a minute, and sends each value that differs from the one before. */
  static <T> Receiver<T> of(Supplier<T> source, Context context) {
    Chan<T> changes = Chan.unbuffered();
    go(
        context,
        () -> {
          T last = source.get();
          changes.send(last);
          while (true) {
            sleep(Duration.ofMinutes(1));
            T value = source.get();
            if (!value.equals(last)) {
              changes.send(value);
              last = value;
            }
          }
        });
    return changes;
  }
}
