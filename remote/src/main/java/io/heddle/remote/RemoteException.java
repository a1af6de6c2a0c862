package io.heddle.remote;

import org.jspecify.annotations.Nullable;

/**
 * A backend refused a call, or could not be reached. The message names the backend, without
 * credentials, and the next step. A send or a settlement that throws it had no effect, except if
 * this is an {@link UnknownOutcomeException}. Every other call may be repeated.
 */
public sealed class RemoteException extends Exception
    permits CallFailedException,
        ChannelEndedException,
        LeaseLostException,
        UnknownOutcomeException {
  private static final long serialVersionUID = 1L;

  RemoteException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
