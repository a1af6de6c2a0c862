package io.heddle;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A context that is never done. */
enum RootContext implements Context {
  BACKGROUND("Context.background"),
  TODO("Context.todo");

  /** The channel of every context that is never done. */
  static final Receiver<Void> NEVER_DONE = Chan.never();

  private final String text;

  RootContext(String text) {
    this.text = text;
  }

  @Override
  public @Nullable Instant deadline() {
    return null;
  }

  @Override
  public Receiver<Void> done() {
    return NEVER_DONE;
  }

  @Override
  public @Nullable ContextException error() {
    return null;
  }

  @Override
  public <T> @Nullable T value(Key<T> key) {
    return null;
  }

  @Override
  public String toString() {
    return text;
  }
}
