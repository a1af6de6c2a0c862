package io.heddle.remote;

import io.heddle.Chan;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.Receiver;
import org.jspecify.annotations.Nullable;

/** Calls that need a goroutine of their own, and waits for them that an interrupt does not end. */
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

  /** Receives the one value that is certain to come, whatever the interrupts. */
  static <T> T receive(Receiver<T> receiver) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return receiveOnce(receiver);
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

  /** Waits until a goroutine has ended. */
  static void join(Goroutine<?> goroutine) {
    boolean interrupted = false;
    while (!goroutine.isDone()) {
      try {
        goroutine.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Makes a call that a pending interrupt must not prevent, and waits for it. */
  static <T extends @Nullable Object> Ending<T> cleanUp(Call<? extends T> call) {
    Chan<Ending<T>> ending = Chan.buffered(1);
    Go.go(() -> ending.trySend(run(call)));
    return receive(ending);
  }
}
