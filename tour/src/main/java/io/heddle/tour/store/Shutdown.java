package io.heddle.tour.store;

import io.heddle.CancelContext;
import io.heddle.CancelledException;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.ContextException;
import io.heddle.Goroutines;
import java.time.Duration;

/**
 * A context that is done when the process is told to end, by Ctrl-C for one: Go's {@code
 * signal.NotifyContext}. The process then waits until this is closed, thirty seconds at most, so
 * that what goes on can come to a good end.
 *
 * {@snippet :
 * try (var shutdown = new Shutdown()) {
 *   IO.println(deleteAllKeys(shutdown.context()));
 * }
 * }
 */
public final class Shutdown implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final CancelContext context = Context.background().withCancel();
  private final Chan<Object> closed = Chan.unbuffered();
  private final Goroutines.Expectation signal = Goroutines.expectOutsideEvent();
  private final Thread hook = new Thread(this::end, "shutdown");

  /** Begins to listen. */
  public Shutdown() {
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /**
   * The context.
   *
   * @return always the same one
   */
  public Context context() {
    return context;
  }

  /** Ends the context, ceases to listen, and lets the process end if it is about to. */
  @Override
  public void close() {
    context.cancel();
    closed.close();
    signal.close();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // the process is ending: the hook runs, and will now return
    }
  }

  private void end() {
    context.cancel(new CancelledException("told to end", null));
    try {
      closed.receive(PATIENCE);
    } catch (ContextException | InterruptedException e) {
      System.err.println("did not come to an end in " + PATIENCE.toSeconds() + " seconds");
    }
  }
}
