package io.heddle.remote;

import org.jspecify.annotations.Nullable;

/**
 * The caller no longer has the lease of a delivery or of a lock: the lease has ended, and another
 * process may have it. The call had no effect. This is also the {@linkplain io.heddle.Context#cause
 * cause} with which the context of a {@link Delivery} or a {@link Held} is cancelled.
 */
public final class LeaseLostException extends RemoteException {
  private static final long serialVersionUID = 1L;

  LeaseLostException(String what, @Nullable Throwable cause) {
    super(
        "the lease of "
            + what
            + " is lost: it was not renewed in time, or another process has taken it. Stop the work;"
            + " its results may be outdated",
        cause);
  }
}
