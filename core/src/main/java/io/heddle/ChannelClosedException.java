package io.heddle;

/**
 * A channel was used in a way its being closed forbids: a send, or a second close. In Go, these are
 * panics. It is a mistake in the program: the sender closes, once, when it has sent everything.
 */
public final class ChannelClosedException extends IllegalStateException {
  private static final long serialVersionUID = 1;

  ChannelClosedException(String message) {
    super(message);
  }
}
