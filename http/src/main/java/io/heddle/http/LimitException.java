package io.heddle.http;

import java.net.ProtocolException;

/** The other side sends more than we want to read. */
public final class LimitException extends ProtocolException {
  private static final long serialVersionUID = 1;

  LimitException(String message) {
    super(message);
  }
}
