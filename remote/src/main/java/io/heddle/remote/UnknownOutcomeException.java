package io.heddle.remote;

/**
 * The connection was lost during a call, or the context ended, and it is unknown whether the call
 * had an effect.
 *
 * <p>After a send, repeat the send with the same {@link #id}: the backend stores a message with
 * that id once.
 *
 * {@snippet :
 * Message<String> message = Message.of("order 7");
 * while (true) {
 *   try {
 *     outlet.send(message);                    // the message has an id of its own
 *     break;
 *   } catch (UnknownOutcomeException e) {
 *     Go.sleep(Duration.ofSeconds(1), context);
 *   }
 * }
 * }
 *
 * <p>After an acknowledgement, the message is delivered again if the acknowledgement was not
 * stored. If it was stored, another call throws a {@link LeaseLostException}.
 *
 * <p>After a {@linkplain Caller#call call} of a service, the request may have been handled. Nothing
 * repeats it. A handler that recognises the {@linkplain Request#id id} makes it safe to repeat the
 * call with the same id.
 */
public final class UnknownOutcomeException extends RemoteException {
  private static final long serialVersionUID = 1L;

  /** The id of the message or the request, or the name of the lock. */
  private final String id;

  UnknownOutcomeException(String message, String id, Throwable cause) {
    super(message, cause);
    this.id = id;
  }

  /**
   * The id of the message that was sent, acknowledged or returned, or of the request of a call; or
   * the name of the lock.
   *
   * @return the id
   */
  public String id() {
    return id;
  }
}
