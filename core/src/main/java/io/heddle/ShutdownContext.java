package io.heddle;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A context that is cancelled when the process is asked to end: what {@link Context#untilShutdown}
 * makes, and Go's {@code signal.NotifyContext}.
 *
 * {@snippet :
 * void main() throws Exception {
 *   run(() -> {
 *     try (var context = Context.untilShutdown()) {
 *       serve(context);                                  // returns when the context is done
 *     }
 *   });
 * }
 * }
 *
 * <p>The first SIGINT (Ctrl-C), SIGTERM or SIGHUP cancels the context; its {@link #cause} has the
 * signal's name as its message. The program then ends as it always does, and its main function
 * decides about the exit status: 0 if it returns, or what it passes to {@link System#exit}, such as
 * {@link #exitStatus}. Shutdown hooks run after that, when the JVM exits.
 *
 * <p>A second signal ends the process at once, without shutdown hooks, and with the exit status 128
 * plus the signal's number: 130 for SIGINT, 143 for SIGTERM. So does the end of the grace period,
 * if the context has not been closed by then; standard error then lists the goroutines that are
 * left. Signals that come before the first context is made, or after the last is closed, do what
 * they do without Heddle. A signal that was ignored when the JVM was started, as {@code nohup} has
 * SIGHUP, remains ignored.
 *
 * <p>Several contexts may be open at the same time, in one program or several. A signal cancels all
 * of them, and one that is made after the signal, while others are still open, starts cancelled. In
 * a bubble of the testing module there are no signals, and the context ends by {@link #close} only.
 *
 * <p>While such a context is open, no {@linkplain DeadlockException deadlock} is reported, as a
 * signal may come.
 *
 * <p>Signals need the module {@code jdk.unsupported}, which is there unless a program is started
 * from a module path, or with an image made by jlink, that leaves it out. Without it a shutdown
 * hook cancels the context. The JVM then decides about the exit status, ignores a second signal,
 * and waits for the context to be closed or for the grace period; {@link System#exit} does not
 * return while the context is open. Under {@code java -Xrs} a signal ends the process at once.
 */
public final class ShutdownContext extends DerivedContext implements AutoCloseable {
  static final Duration GRACE = Duration.ofSeconds(30);

  private final CancelContext context;
  private final long graceNanos;
  private final @Nullable OutsideEvent expectation;
  private volatile Shutdown.@Nullable Request request;

  private ShutdownContext(CancelContext context, long graceNanos) {
    super(context);
    this.context = context;
    this.graceNanos = graceNanos;
    this.expectation = BubbleClock.current() == null ? OutsideEvent.expect() : null;
  }

  static ShutdownContext open(Duration grace) {
    long nanos = Clock.nanos(Objects.requireNonNull(grace, "grace"));
    ShutdownContext made = new ShutdownContext(Context.background().withCancel(), nanos);
    if (made.expectation != null) {
      Shutdown.open(made);
    }
    return made;
  }

  /**
   * The signal that cancelled the context.
   *
   * @return such as {@code SIGTERM}; null if none has, or if that is not known
   */
  public @Nullable String signal() {
    Shutdown.Request known = request;
    return known == null || known.exitStatus() == 0 ? null : known.name();
  }

  /**
   * The exit status by which shells tell that a signal ended a process, for a main function that
   * wants it.
   *
   * @return 128 plus the signal's number; 0 if there was no signal
   */
  public int exitStatus() {
    Shutdown.Request known = request;
    return known == null ? 0 : known.exitStatus();
  }

  long graceNanos() {
    return graceNanos;
  }

  void end(Shutdown.Request made) {
    request = made;
    context.cancel(new CancelledException(made.name(), null));
  }

  /**
   * Cancels the context and stops listening for signals. Does nothing the second time.
   *
   * <p>Neither blocks nor heeds an interrupt.
   */
  @Override
  public void close() {
    context.cancel();
    if (expectation != null) {
      Shutdown.close(this);
      expectation.close();
    }
  }

  @Override
  String origin() {
    return "untilShutdown";
  }
}
