package io.heddle;

/** Is its parent, but goroutines under it are not interrupted. */
final class WithoutInterruptsContext extends DerivedContext {
  WithoutInterruptsContext(Context parent) {
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
