package io.heddle;

import java.time.Instant;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Contexts that misbehave. */
final class HostileContexts {
  private HostileContexts() {}

  /** What a context misbehaves in. */
  enum Method {
    DEADLINE,
    DONE,
    ERROR,
    CAUSE,
    VALUE,
    INTERRUPTS,
    IS_DONE
  }

  /** How it misbehaves. */
  enum Way {
    THROWS_AN_EXCEPTION,
    THROWS_AN_ERROR,
    OVERFLOWS_THE_STACK,
    RETURNS_NULL,
    IS_SLOW,
    TAKES_A_LOCK_IT_IS_CANCELLED_UNDER,
    MAKES_CHILDREN,
    CANCELS_ITSELF
  }

  /** Hands everything on to another context, but for what one method does. */
  static final class Hostile implements Context {
    private final CancelContext inner;
    private final Method hostile;
    private final Way way;
    private final Mutex own = new Mutex(); // like Go's, no owner may lock it twice
    private int calm;

    /**
     * A context that begins to misbehave at some time.
     *
     * @param calm after so many calls of the method
     */
    Hostile(CancelContext inner, Method hostile, Way way, int calm) {
      this.inner = inner;
      this.hostile = hostile;
      this.way = way;
      this.calm = calm;
    }

    void cancel() {
      own.lockUninterruptibly();
      inner.cancel();
      own.unlock();
    }

    private <T> @Nullable T answer(Method method, Supplier<? extends @Nullable T> honest) {
      if (method != hostile || calm-- > 0) {
        return honest.get();
      }
      switch (way) {
        case THROWS_AN_EXCEPTION -> throw new IllegalStateException("not stubbed");
        case THROWS_AN_ERROR -> throw new AssertionError("not stubbed");
        case OVERFLOWS_THE_STACK -> throw new StackOverflowError();
        case RETURNS_NULL -> {
          return null;
        }
        case IS_SLOW -> {
          for (int i = 0; i < 10; i++) {
            Go.gosched();
          }
        }
        case TAKES_A_LOCK_IT_IS_CANCELLED_UNDER -> {
          own.lockUninterruptibly();
          own.unlock();
        }
        case MAKES_CHILDREN -> {
          try (CancelContext child = inner.withCancel()) {
            child.withValue(Context.key("key"), "value").afterFunc(() -> {});
          }
        }
        case CANCELS_ITSELF -> inner.cancel();
      }
      return honest.get();
    }

    @Override
    public @Nullable Instant deadline() {
      return answer(Method.DEADLINE, inner::deadline);
    }

    @Override
    public Receiver<Void> done() {
      return answer(Method.DONE, inner::done);
    }

    @Override
    public @Nullable ContextException error() {
      return answer(Method.ERROR, inner::error);
    }

    @Override
    public @Nullable Throwable cause() {
      return answer(Method.CAUSE, inner::cause);
    }

    @Override
    public <T> @Nullable T value(Key<T> key) {
      return answer(Method.VALUE, () -> inner.value(key));
    }

    @Override
    public boolean interrupts() {
      return !Boolean.FALSE.equals(answer(Method.INTERRUPTS, inner::interrupts));
    }

    @Override
    public boolean isDone() {
      return Boolean.TRUE.equals(answer(Method.IS_DONE, inner::isDone));
    }
  }
}
