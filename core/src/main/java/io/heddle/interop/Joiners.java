package io.heddle.interop;

import io.heddle.interop.StructuredTaskScope.Joiner;
import io.heddle.interop.StructuredTaskScope.Subtask;
import io.heddle.interop.StructuredTaskScope.Subtask.State;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The policies that scopes come with. */
final class Joiners {
  private Joiners() {}

  /** Keeps the first failure, which cancels. */
  static class AwaitSuccessful<T extends @Nullable Object> implements Joiner<T, @Nullable Void> {
    private final FirstFailure failure = new FirstFailure();

    @Override
    public boolean onComplete(Subtask<? extends T> subtask) {
      return Joiner.super.onComplete(subtask) || failure.isIn(subtask);
    }

    @Override
    public @Nullable Void result() throws Throwable {
      failure.check();
      return null;
    }
  }

  /** Keeps the subtasks, and the first failure, which cancels. */
  static final class AllSuccessful<T extends @Nullable Object>
      implements Joiner<T, Stream<Subtask<T>>> {
    private final FirstFailure failure = new FirstFailure();
    private final Forked<T> forked = new Forked<>();

    @Override
    public boolean onFork(Subtask<? extends T> subtask) {
      forked.add(subtask);
      return Joiner.super.onFork(subtask);
    }

    @Override
    public boolean onComplete(Subtask<? extends T> subtask) {
      return Joiner.super.onComplete(subtask) || failure.isIn(subtask);
    }

    @Override
    public Stream<Subtask<T>> result() throws Throwable {
      failure.check();
      return forked.stream();
    }
  }

  /** Keeps the subtasks; one that meets the condition cancels. */
  static final class AllUntil<T extends @Nullable Object> implements Joiner<T, Stream<Subtask<T>>> {
    private final Predicate<Subtask<? extends T>> isDone;
    private final Forked<T> forked = new Forked<>();

    AllUntil(Predicate<Subtask<? extends T>> isDone) {
      this.isDone = Objects.requireNonNull(isDone, "isDone");
    }

    @Override
    public boolean onFork(Subtask<? extends T> subtask) {
      forked.add(subtask);
      return Joiner.super.onFork(subtask);
    }

    @Override
    public boolean onComplete(Subtask<? extends T> subtask) {
      return Joiner.super.onComplete(subtask) || isDone.test(subtask);
    }

    @Override
    public Stream<Subtask<T>> result() {
      return forked.stream();
    }
  }

  /** Keeps the first success, which cancels, and the first failure in case that there is none. */
  static final class AnySuccessful<T extends @Nullable Object> implements Joiner<T, T> {
    private final FirstFailure failure = new FirstFailure();
    private final AtomicReference<@Nullable Subtask<? extends T>> success = new AtomicReference<>();

    @Override
    public boolean onComplete(Subtask<? extends T> subtask) {
      return Joiner.super.onComplete(subtask)
          || (!failure.isIn(subtask) && success.compareAndSet(null, subtask));
    }

    @Override
    public T result() throws Throwable {
      Subtask<? extends T> winner = success.get();
      if (winner == null) {
        failure.check();
        throw new NoSuchElementException("no subtask has ended");
      }
      return winner.get();
    }
  }

  /** What the first subtask to fail threw. */
  private static final class FirstFailure {
    private final AtomicReference<@Nullable Throwable> first = new AtomicReference<>();

    /** Whether the subtask, which has ended, has failed. */
    boolean isIn(Subtask<?> subtask) {
      boolean hasFailed = subtask.state() == State.FAILED;
      if (hasFailed) {
        first.compareAndSet(null, subtask.exception());
      }
      return hasFailed;
    }

    void check() throws Throwable {
      Throwable failure = first.get();
      if (failure != null) {
        throw failure;
      }
    }
  }

  /** The subtasks in the order of their forks. Only the owner forks, and asks for the result. */
  private static final class Forked<T extends @Nullable Object> {
    private final List<Subtask<T>> subtasks = new ArrayList<>();

    @SuppressWarnings("unchecked") // a subtask only yields values
    void add(Subtask<? extends T> subtask) {
      subtasks.add((Subtask<T>) subtask);
    }

    Stream<Subtask<T>> stream() {
      return List.copyOf(subtasks).stream();
    }
  }
}
