package io.heddle.queue;

import io.heddle.Chan;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.Locker;
import io.heddle.Receiver;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** Waits that an interrupt does not end: the interrupt status stays set. */
public final class Uninterrupted {
  private Uninterrupted() {}

  /** A call of a database driver. */
  interface Call<T extends @Nullable Object> {
    T run() throws SQLException;
  }

  private sealed interface Ending<T extends @Nullable Object> {
    record Returned<T extends @Nullable Object>(T value) implements Ending<T> {}

    record Threw<T extends @Nullable Object>(Throwable failure) implements Ending<T> {}
  }

  /**
   * Makes a call in a goroutine of its own. An interrupt of the caller, which would close the
   * socket of a virtual thread, does not reach that goroutine. Otherwise it would be unknown
   * whether a commit took place.
   */
  static <T extends @Nullable Object> T call(Call<T> call) throws SQLException {
    Chan<Ending<T>> ending = Chan.buffered(1);
    Go.go(() -> {
      Ending<T> result;
      try {
        result = new Ending.Returned<T>(call.run());
      } catch (Throwable e) {
        result = new Ending.Threw<T>(e);
      }
      ending.trySend(result);
    });
    return switch (receive(ending)) {
      case Ending.Returned<T>(T value) -> value;
      case Ending.Threw<T>(SQLException e) -> throw e;
      case Ending.Threw<T>(RuntimeException e) -> throw e;
      case Ending.Threw<T>(Error e) -> throw e;
      case Ending.Threw<T>(Throwable e) -> throw new IllegalStateException(e);
    };
  }

  /**
   * Receives the one value that is certain to come.
   *
   * @param <T> the values
   * @param receiver yields the value
   * @return the value
   * @throws IllegalStateException if the channel is closed
   */
  public static <T> T receive(Receiver<T> receiver) {
    return await(() -> {
      T value = receiver.receive();
      if (value == null) {
        throw new IllegalStateException("closed");
      }
      return value;
    });
  }

  /**
   * Waits until a goroutine has ended.
   *
   * @param goroutine the goroutine
   */
  public static void join(Goroutine<?> goroutine) {
    await(() -> {
      goroutine.join();
      return null;
    });
  }

  static void lock(Locker mutex) {
    await(() -> {
      mutex.lock();
      return null;
    });
  }

  /**
   * A wait of any kind.
   *
   * @param <T> what it yields
   */
  @FunctionalInterface
  public interface Wait<T extends @Nullable Object> {
    /**
     * Waits.
     *
     * @return what has come
     * @throws InterruptedException if the thread is interrupted
     */
    T run() throws InterruptedException;
  }

  /**
   * Waits, and starts the wait again after each interrupt.
   *
   * @param <T> what the wait yields
   * @param wait blocks until it is over; an exception that it throws ends it
   * @return what the wait yields
   */
  public static <T extends @Nullable Object> T await(Wait<T> wait) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return wait.run();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
