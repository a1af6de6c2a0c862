package io.heddle.terminal;

import io.heddle.CancelContext;
import io.heddle.CancelledException;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.Goroutines;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleProxies;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * A context that is done when the process is told to end, by Ctrl-C for one: Go's {@code
 * signal.NotifyContext}. The process then waits until this is closed, thirty seconds at most, so
 * that what goes on can come to a good end. Told a second time, it ends at once.
 *
 * {@snippet :
 * try (var shutdown = new Shutdown()) {
 *   IO.println(deleteAllKeys(shutdown.context()));
 * }
 * }
 *
 * <p>The exit status is then 128 and the signal's number, as if the signal had ended it: 130 for
 * Ctrl-C, 143 for SIGTERM.
 */
public final class Shutdown implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** Whether the process was told to end before. One for all, as there is one process. */
  private static final AtomicBoolean TOLD = new AtomicBoolean();

  private final CancelContext context = Context.background().withCancel();
  private final Chan<Object> closed = Chan.unbuffered();
  private final Goroutines.Expectation signal = Goroutines.expectOutsideEvent();
  private final Thread hook = new Thread(this::end, "shutdown");

  /** Begins to listen. */
  public Shutdown() {
    Runtime.getRuntime().addShutdownHook(hook);
    handle("INT");
    handle("TERM");
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
    } catch (TimeoutException | InterruptedException e) {
      System.err.println("did not come to an end in " + PATIENCE.toSeconds() + " seconds");
    }
  }

  /**
   * Has a signal end the process as before, but the second one at once. The JVM's own handler
   * ignores the second. Where there is no {@code sun.misc.Signal} it stays so; it is not part of
   * the JDK's API, hence the reflection.
   */
  private static void handle(String name) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object received = signal.getConstructor(String.class).newInstance(name);
      int status = 128 + (int) signal.getMethod("getNumber").invoke(received);
      Consumer<Object> told = _ -> tell(status);
      MethodHandle accept =
          MethodHandles.lookup()
              .findVirtual(
                  Consumer.class, "accept", MethodType.methodType(void.class, Object.class))
              .bindTo(told);
      Object ours = MethodHandleProxies.asInterfaceInstance(handler, accept);
      signal.getMethod("handle", signal, handler).invoke(null, received, ours);
    } catch (ReflectiveOperationException | IllegalArgumentException e) {
      // the JVM's handler does all but the second one
    }
  }

  private static void tell(int status) {
    if (TOLD.getAndSet(true)) {
      Runtime.getRuntime().halt(status);
    }
    Runtime.getRuntime().exit(status);
  }
}
