package io.heddle.interop;

import io.heddle.internal.Failures;
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

  /** Keeps the failures, of which the first cancels. */
  static class AwaitSuccessful<T extends @Nullable Object> implements Joiner<T, @Nullable Void> {
    private final SubtaskFailures failures = new SubtaskFailures();

    @Override
    public boolean onComplete(Subtask<? extends T> subtask) {
      return Joiner.super.onComplete(subtask) || failures.isIn(subtask);
    }

    @Override
    public @Nullable Void result() throws Throwable {
      failures.check();
      return null;
    }
  }

  /** Keeps the subtasks, and the failures, of which the first cancels. */
  static final class AllSuccessful<T extends @Nullable Object>
      implements Joiner<T, Stream<Subtask<T>>> {
    private final SubtaskFailures failures = new SubtaskFailures();
    private final Forked<T> forked = new Forked<>();

    @Override
    public boolean onFork(Subtask<? extends T> subtask) {
      forked.add(subtask);
      return Joiner.super.onFork(subtask);
    }

    @Override
    public boolean onComplete(Subtask<? extends T> subtask) {
      return Joiner.super.onComplete(subtask) || failures.isIn(subtask);
    }

    @Override
    public Stream<Subtask<T>> result() throws Throwable {
      failures.check();
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

  /** Keeps the first success, which cancels, and the failures, for a scope without a success. */
  static final class AnySuccessful<T extends @Nullable Object> implements Joiner<T, T> {
    private final SubtaskFailures failures = new SubtaskFailures();
    private final AtomicReference<@Nullable Subtask<? extends T>> success = new AtomicReference<>();

    @Override
    public boolean onComplete(Subtask<? extends T> subtask) {
      return Joiner.super.onComplete(subtask)
          || (!failures.isIn(subtask) && success.compareAndSet(null, subtask));
    }

    @Override
    public T result() throws Throwable {
      Subtask<? extends T> winner = success.get();
      if (winner == null) {
        failures.check();
        throw new NoSuchElementException("no subtask has ended");
      }
      return winner.get();
    }
  }

  /** What subtasks threw. */
  private static final class SubtaskFailures {
    private final Failures failures = new Failures();

    /** Whether the subtask, which has ended, has failed. */
    boolean isIn(Subtask<?> subtask) {
      boolean hasFailed = subtask.state() == State.FAILED;
      if (hasFailed) {
        failures.add(subtask.exception());
      }
      return hasFailed;
    }

    /** Throws the only failure as it is, as the JDK's joiners do, or a report of several. */
    void check() throws Throwable {
      List<Throwable> all = failures.all();
      if (all.size() == 1) {
        throw all.getFirst();
      }
      failures.check();
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
