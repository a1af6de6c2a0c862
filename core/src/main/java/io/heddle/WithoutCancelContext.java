package io.heddle;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Keeps its parent's values, and nothing else of it. */
final class WithoutCancelContext extends DerivedContext {
  WithoutCancelContext(Context parent) {
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
