package io.heddle;

import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Contexts as a user of the library may write them. */
final class ForeignContexts {
  private ForeignContexts() {}

  /** A context that hands everything on to another one. */
  static class Wrapper implements Context {
    private final Context inner;

    Wrapper(Context inner) {
      this.inner = inner;
    }

    @Override
    public @Nullable Instant deadline() {
      return inner.deadline();
    }

    @Override
    public Receiver<Void> done() {
      return inner.done();
    }

    @Override
    public @Nullable ContextException error() {
      return inner.error();
    }

    @Override
    public @Nullable Throwable cause() {
      return inner.cause();
    }

    @Override
    public <T> @Nullable T value(Key<T> key) {
      return inner.value(key);
    }

    @Override
    public String toString() {
      return "Wrapper(" + inner + ")";
    }
  }

  /** A context with a done channel of its own, closed by hand. */
  static final class Manual implements Context {
    static final Key<String> OWN = Context.key("own");

    private final Chan<Void> done = Chan.unbuffered();
    private final AtomicReference<@Nullable ContextException> error = new AtomicReference<>();

    void cancel() {
      cancel(new CancelledException("cancelled by hand", null));
    }

    void cancel(ContextException why) {
      if (error.compareAndSet(null, why)) {
        done.close();
      }
    }

    @Override
    public @Nullable Instant deadline() {
      return null;
    }

    @Override
    public Receiver<Void> done() {
      return done;
    }

    @Override
    public @Nullable ContextException error() {
      return error.get();
    }

    @Override
    @SuppressWarnings("unchecked") // the key's type
    public <T> @Nullable T value(Key<T> key) {
      return key == (Key<?>) OWN ? (T) "mine" : null;
    }

    @Override
    public String toString() {
      return "Manual";
    }
  }
}
