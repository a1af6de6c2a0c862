package io.heddle.spring;

import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.interop.GoroutineExecutor;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import org.springframework.context.SmartLifecycle;

/**
 * The lifetime of an application's goroutines. When the application ends, Spring Boot first lets
 * the web server finish its requests, for {@code spring.lifecycle.timeout-per-shutdown-phase}. Then
 * this cancels the requests that are left, and waits for them. After that the web server stops, and
 * beans such as a data source are closed.
 */
public final class GoroutineLifecycle implements SmartLifecycle {
  /** Between the web server's graceful shutdown and its stop, which is 1024 below that. */
  private static final int PHASE = SmartLifecycle.DEFAULT_PHASE - 1024 - 512;

  private static final System.Logger LOGGER = System.getLogger("io.heddle");

  private final Duration timeout;
  private final CancelContext context = Context.background().withCancel();
  private final GoroutineExecutor executor = new GoroutineExecutor(context);
  private volatile boolean running;

  /**
   * Makes a lifetime that has begun.
   *
   * @param timeout how long to wait for goroutines after they have been cancelled
   */
  public GoroutineLifecycle(Duration timeout) {
    this.timeout = Objects.requireNonNull(timeout, "timeout");
  }

  /**
   * The context that ends with the application. Start goroutines under it that belong to no
   * request, such as one that polls a queue.
   *
   * @return the context
   */
  public Context context() {
    return context;
  }

  /** What starts the application's goroutines, under the context. */
  GoroutineExecutor executor() {
    return executor;
  }

  @Override
  public void start() {
    running = true;
  }

  @Override
  public void stop() {
    running = false;
    context.cancel(new CancellationException("the application is shutting down"));
    executor.shutdown();
    try {
      if (!executor.awaitTermination(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
        LOGGER.log(
            System.Logger.Level.WARNING,
            "shutdown continues beside tasks that were cancelled {0} ago and still run",
            timeout);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public boolean isRunning() {
    return running;
  }

  @Override
  public int getPhase() {
    return PHASE;
  }
}
