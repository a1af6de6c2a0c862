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
 * Ends input and output at a deadline, however slowly the other side drips its bytes: a socket's
 * own time-out is for a single read.
 */
final class Deadline {
  private Deadline() {}

  /**
   * Calls a task on a goroutine that is interrupted after some time, which closes the socket that
   * it is blocked in.
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
