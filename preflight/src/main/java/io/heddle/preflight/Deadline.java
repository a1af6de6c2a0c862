package io.heddle.preflight;

import io.heddle.Race;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;

/**
 * Ends input and output at a deadline, even if the peer sends its bytes slowly: a socket's own
 * time-out applies to a single read.
 */
final class Deadline {
  private Deadline() {}

  /**
   * Calls a task in a goroutine that is interrupted after some time, which closes the socket on
   * which it is blocked.
   */
  static <T> T call(Duration left, String timeout, Callable<T> task)
      throws IOException, InterruptedException {
    try {
      return Race.race(left, task);
    } catch (TimeoutException e) {
      throw (SocketTimeoutException) new SocketTimeoutException(timeout).initCause(e);
    } catch (ExecutionException e) {
      switch (Objects.requireNonNull(e.getCause())) {
        case IOException failure -> throw failure;
        case RuntimeException failure -> throw failure;
        case Error failure -> throw failure;
        default -> throw new IllegalStateException(e);
      }
    }
  }
}
