package io.heddle;

import org.jspecify.annotations.Nullable;

/** Carries a value. */
final class ValueContext<V> extends DerivedContext {
  private final Key<V> key;
  private final V value;

  ValueContext(Context parent, Key<V> key, V value) {
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
