package io.heddle;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A context that is what its parent is, but for what a subclass changes. */
abstract class DerivedContext implements Context {
  private final Context parent;

  DerivedContext(Context parent) {
    this.parent = parent;
  }

  final Context parent() {
    return parent;
  }

  /** What this context itself has for the key. */
  <T> @Nullable T ownValue(Key<T> key) {
    return null;
  }

  @Override
  public final <T> @Nullable T value(Key<T> key) {
    Context context = this;
    while (context instanceof DerivedContext derived) { // a loop: trees can be deep
      T own = derived.ownValue(key);
      if (own != null) {
        return own;
      }
      context = derived.parent;
    }
    return context.value(key);
  }

  @Override
  public @Nullable Instant deadline() {
    return parent.deadline();
  }

  @Override
  public Receiver<Void> done() {
    return parent.done();
  }

  @Override
  public @Nullable ContextException error() {
    return parent.error();
  }

  @Override
  public @Nullable Throwable cause() {
    return parent.cause();
  }

  @Override
  public boolean interrupts() {
    return parent.interrupts();
  }
}
