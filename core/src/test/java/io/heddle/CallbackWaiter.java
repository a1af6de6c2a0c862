package io.heddle;

/** A waiter that is claimable from the start, and runs code in place of a thread that wakes up. */
final class CallbackWaiter extends Waiter {
  private final Runnable action;

  CallbackWaiter(Runnable action) {
    this.action = action;
    prepare();
  }

  @Override
  void wake() {
    action.run();
  }
}
