package io.heddle.remote;

import org.jspecify.annotations.Nullable;

/**
 * A request reached a {@link Responder} and there is no reply that could be used: the handler has
 * thrown an exception, the request or the reply could not be converted, or the reply was too long.
 * The handler may have had effects before it failed. No other responder gets the request.
 */
public final class CallFailedException extends RemoteException {
  private static final long serialVersionUID = 1L;

  CallFailedException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
