package io.heddle;

import io.heddle.jvm.Signals;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Passes the requests that the process end on to the contexts that are open for them: see {@link
 * ShutdownContext}, which says what users see.
 *
 * <h2>States</h2>
 *
 * <ul>
 *   <li><b>Closed</b>: no context is open, and no handler is installed: signals do what they would
 *       do without Heddle.
 *   <li><b>Open</b>: a context is open. Each signal that the JVM takes for a request to end has our
 *       handler. Where signals cannot be handled, a shutdown hook is registered instead.
 *   <li><b>Requested</b>: the first request has come, and a context that it cancelled is open
 *       still. The thread that brought the request waits for the last context to close. A second
 *       request, or the end of a context's grace period, halts the JVM.
 * </ul>
 *
 * <p>From each state, closing the last context leads to Closed. Handlers are installed and
 * uninstalled with the lock held, so a thread that brings a request either finds a context open or
 * knows that the process has just lost interest. A context that is opened after that has nothing to
 * do with the request before, whose thread may not even have learnt yet that it need not wait.
 */
final class Shutdown {
  /** What the JVM, too, takes for a request to end; Windows does not have the last. */
  private static final List<String> SIGNALS = List.of("INT", "TERM", "HUP");

  private static final int STATUS_OF_SIGNALS = 128;
  private static final long NANOS_PER_MILLI = 1_000_000;

  /** How long the goroutines may take to be printed when a grace period is over. */
  private static final Duration PRINTING = Duration.ofSeconds(2);

  /** A request that the process end. */
  record Request(String name, int exitStatus, long at) {}

  static final Object LOCK = new Object();

  // Guarded by the lock.
  private static final List<ShutdownContext> CONTEXTS = new ArrayList<>();
  private static final List<Signals.Installed> HANDLERS = new ArrayList<>();
  private static @Nullable Thread hook;
  private static @Nullable Request request;

  private Shutdown() {}

  /** Lets requests cancel a context; at once, if there is one already. */
  static void open(ShutdownContext context) {
    Request known;
    synchronized (LOCK) {
      if (CONTEXTS.isEmpty()) {
        install();
      }
      CONTEXTS.add(context);
      known = request;
    }
    if (known != null) {
      context.end(known);
    }
  }

  static void close(ShutdownContext context) {
    synchronized (LOCK) {
      if (CONTEXTS.remove(context) && CONTEXTS.isEmpty()) {
        request = null;
        uninstall();
      }
      LOCK.notifyAll();
    }
  }

  private static void install() {
    for (String name : SIGNALS) {
      try {
        HANDLERS.add(
            Signals.handle(
                name,
                number ->
                    requested(
                        new Request("SIG" + name, STATUS_OF_SIGNALS + number, System.nanoTime()))));
      } catch (UnsupportedOperationException | IllegalArgumentException e) {
        // another of them, or the hook, has to do
      }
    }
    if (HANDLERS.isEmpty()) {
      Thread thread =
          new Thread(
              () -> requested(new Request("the JVM's shutdown", 0, System.nanoTime())),
              "heddle-shutdown");
      try {
        Runtime.getRuntime().addShutdownHook(thread);
        hook = thread;
      } catch (IllegalStateException e) {
        // the JVM is ending already
      }
    }
  }

  private static void uninstall() {
    HANDLERS.forEach(Signals.Installed::uninstall);
    HANDLERS.clear();
    Thread thread = hook;
    hook = null;
    if (thread != null) {
      try {
        Runtime.getRuntime().removeShutdownHook(thread);
      } catch (IllegalStateException e) {
        // it runs, and will now return
      }
    }
  }

  /** Cancels the contexts and waits until they are closed. */
  private static void requested(Request made) {
    List<ShutdownContext> open;
    synchronized (LOCK) {
      if (request != null) {
        Runtime.getRuntime().halt(made.exitStatus);
      }
      open = List.copyOf(CONTEXTS);
      request = open.isEmpty() ? null : made;
    }
    if (open.isEmpty()) {
      // The last context has been closed since: no code is left to handle this request.
      if (made.exitStatus != 0) { // else the JVM is ending already, and waits for this thread
        Runtime.getRuntime().exit(made.exitStatus);
      }
      return;
    }
    open.forEach(context -> context.end(made));
    if (!areClosedInTime(made)) {
      printGoroutines(made);
      if (made.exitStatus != 0) { // else the JVM is ending anyway, with a status of its own
        Runtime.getRuntime().halt(made.exitStatus);
      }
    }
  }

  /** Waits until the last context is closed; contexts opened after that are not this request's. */
  static boolean areClosedInTime(Request made) {
    synchronized (LOCK) {
      while (request == made) {
        long left = Long.MAX_VALUE;
        for (ShutdownContext context : CONTEXTS) {
          left = Math.min(left, context.graceNanos() - (System.nanoTime() - made.at));
        }
        if (left <= 0) {
          return false;
        }
        try {
          LOCK.wait(left / NANOS_PER_MILLI + 1);
        } catch (InterruptedException e) {
          // no code of Heddle does that
        }
      }
      return true;
    }
  }

  /** Prints what did not end, unless standard error is closed. */
  private static void printGoroutines(Request made) {
    Thread printer =
        Thread.ofPlatform()
            .daemon()
            .start(() ->
                System.err.print(
                    "heddle: the program did not end in the grace period after "
                        + made.name
                        + "; its goroutines are\n\n"
                        + Goroutines.dump()));
    try {
      printer.join(PRINTING);
    } catch (InterruptedException e) {
      // no code of Heddle does that
    }
  }
}
