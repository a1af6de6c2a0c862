package io.heddle;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Says that something which Heddle cannot see may still wake a goroutine: the handler of a signal,
 * a shutdown hook, a callback from native code. As long as any such event is expected, no
 * {@linkplain DeadlockException deadlock} is reported.
 *
 * {@snippet :
 * try (var _ = OutsideEvent.expect()) {
 *   String answer = answers.receive();     // sent by native code
 * }
 * }
 */
public final class OutsideEvent implements AutoCloseable {
  private static final AtomicInteger EXPECTED = new AtomicInteger();

  private final AtomicBoolean open = new AtomicBoolean(true);

  private OutsideEvent() {}

  /**
   * Expects an event until the result is closed.
   *
   * @return ends the expectation
   */
  public static OutsideEvent expect() {
    EXPECTED.incrementAndGet();
    return new OutsideEvent();
  }

  static boolean isExpected() {
    return EXPECTED.get() > 0;
  }

  /** Ends the expectation; does nothing the second time. */
  @Override
  public void close() {
    if (open.compareAndSet(true, false)) {
      EXPECTED.decrementAndGet();
    }
  }
}
