package io.heddle.remote;

import io.heddle.Chan;
import io.heddle.Go;
import io.heddle.Receiver;
import io.heddle.queue.Uninterrupted;
import org.jspecify.annotations.Nullable;

/** Calls that need a goroutine of their own. */
final class Calls {
  private Calls() {}

  /** A call of a backend. */
  @FunctionalInterface
  interface Call<T extends @Nullable Object> {
    T run() throws RemoteException, InterruptedException;
  }

  /** How a call has ended. */
  sealed interface Ending<T extends @Nullable Object> {
    record Returned<T extends @Nullable Object>(T value) implements Ending<T> {}

    record Threw<T extends @Nullable Object>(Throwable failure) implements Ending<T> {}
  }

  /** Makes a call, and keeps its result or its exception. */
  static <T extends @Nullable Object> Ending<T> run(Call<? extends T> call) {
    try {
      return new Ending.Returned<T>(call.run());
    } catch (Throwable e) { // also an Error: the caller is to throw it
      return new Ending.Threw<T>(e);
    }
  }

  /** Returns the result of a call, or throws its exception. */
  static <T extends @Nullable Object> T result(Ending<T> ending)
      throws RemoteException, InterruptedException {
    return switch (ending) {
      case Ending.Returned<T>(T value) -> value;
      case Ending.Threw<T>(RemoteException e) -> throw e;
      case Ending.Threw<T>(InterruptedException e) -> throw e;
      case Ending.Threw<T>(RuntimeException e) -> throw e;
      case Ending.Threw<T>(Error e) -> throw e;
      case Ending.Threw<T>(Throwable e) -> throw new IllegalStateException(e);
    };
  }

  /** Receives the one value that is certain to come. */
  static <T> T receiveOnce(Receiver<T> receiver) throws InterruptedException {
    T value = receiver.receive();
    if (value == null) {
      throw new IllegalStateException("closed");
    }
    return value;
  }

  /** Makes a call that a pending interrupt must not prevent, and waits for it. */
  static <T extends @Nullable Object> Ending<T> cleanUp(Call<? extends T> call) {
    Chan<Ending<T>> ending = Chan.buffered(1);
    Go.go(() -> ending.trySend(run(call)));
    return Uninterrupted.receive(ending);
  }
}
