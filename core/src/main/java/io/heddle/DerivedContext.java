package io.heddle;

import java.time.Instant;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * A context that is what its parent is, but for what a subclass changes. Contexts can be stacked a
 * hundred thousand deep, so nothing here asks the parent to ask its parent.
 */
abstract class DerivedContext implements Context {
  private final Context parent;

  /** The nearest context above whose end is not simply its parent's. */
  private final Context source;

  private final boolean interrupts;

  DerivedContext(Context parent) {
    this(parent, parent.interrupts());
  }

  DerivedContext(Context parent, boolean interrupts) {
    this.parent = parent;
    this.source = sourceOf(parent);
    this.interrupts = interrupts;
  }

  /** The context that a context gets its end from: itself, unless it only adds something. */
  static Context sourceOf(Context context) {
    return context instanceof DerivedContext derived ? derived.source() : context;
  }

  final Context parent() {
    return parent;
  }

  /** A subclass with an end of its own is its own source. */
  Context source() {
    return source;
  }

  /** What this context itself has for the key. */
  <T> @Nullable T ownValue(Key<T> key) {
    return null;
  }

  /** The call that derived this context from its parent. */
  abstract String origin();

  @Override
  public final <T> @Nullable T value(Key<T> key) {
    Context context = this;
    while (context instanceof DerivedContext derived) {
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
    return source.deadline();
  }

  @Override
  public Receiver<Void> done() {
    return source.done();
  }

  @Override
  public @Nullable ContextException error() {
    return source.error();
  }

  @Override
  public @Nullable Throwable cause() {
    return source.cause();
  }

  @Override
  public boolean isDone() {
    return source.isDone();
  }

  @Override
  public boolean interrupts() {
    return interrupts;
  }

  @Override
  public final String toString() {
    ArrayDeque<String> origins = new ArrayDeque<>();
    Context context = this;
    while (context instanceof DerivedContext derived) {
      origins.push(derived.origin());
      context = derived.parent;
    }
    return context + "." + String.join(".", origins);
  }

  /** Carries a value. */
  static final class Value<V> extends DerivedContext {
    private final Key<V> key;
    private final V value;

    Value(Context parent, Key<V> key, V value) {
      super(parent);
      this.key = key;
      this.value = value;
    }

    @Override
    @SuppressWarnings("unchecked") // the same key: the same type
    <T> @Nullable T ownValue(Key<T> wanted) {
      return wanted == (Key<?>) key ? (T) value : null;
    }

    @Override
    String origin() {
      return "withValue(" + key + ", " + value + ")";
    }
  }

  /** Keeps its parent's values, and nothing else of it. */
  static final class WithoutCancel extends DerivedContext {
    WithoutCancel(Context parent) {
      super(parent);
    }

    @Override
    Context source() {
      return this;
    }

    @Override
    public @Nullable Instant deadline() {
      return null;
    }

    @Override
    public Receiver<Void> done() {
      return RootContext.NEVER_DONE;
    }

    @Override
    public @Nullable ContextException error() {
      return null;
    }

    @Override
    public @Nullable Throwable cause() {
      return null;
    }

    @Override
    public boolean isDone() {
      return false;
    }

    @Override
    String origin() {
      return "withoutCancel";
    }
  }

  /** Is its parent, but goroutines under it are not interrupted. */
  static final class WithoutInterrupts extends DerivedContext {
    WithoutInterrupts(Context parent) {
      super(parent);
    }

    @Override
    public boolean interrupts() {
      return false;
    }

    @Override
    String origin() {
      return "withoutInterrupts";
    }
  }
}
