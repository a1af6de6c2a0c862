package io.heddle;

import java.time.Duration;

/**
 * Uses alarms that do not go off, in each way. {@link StoppedAlarmTest} loads it with a class
 * loader of its own, as a server does with an application.
 */
public final class DeployedApplication implements Runnable {
  private static final Context.Key<DeployedApplication> KEY = Context.key("application");
  private static final Duration HOUR = Duration.ofHours(1);

  /** Makes one. */
  public DeployedApplication() {}

  private void goOff() {
    throw new IllegalStateException("no alarm of " + hashCode() + " goes off");
  }

  @Override
  public void run() {
    try {
      Go.afterFunc(HOUR, this::goOff).stop();
      try (CancelContext context = Context.background().withValue(KEY, this).withTimeout(HOUR)) {
        context.check();
      }
      Chan<DeployedApplication> values = Chan.unbuffered();
      Goroutine<?> receiver =
          Go.go(() ->
              Select.select(
                  values.onReceive(_ -> toString()), Go.after(HOUR).onReceive(_ -> toString())));
      values.send(this);
      receiver.join();
      Goroutine<?> sleeper = Go.go(() -> Go.sleep(HOUR));
      sleeper.cancel();
      sleeper.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
