package io.heddle.remote;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the two sides of a call tell each other besides the request.
 *
 * @param call the id of the call
 * @param from the mailbox of the responder; empty if it does not matter
 * @param text the encoded reply, or the reason
 */
record Note(Kind kind, String call, String from, String text) {
  private static final String KIND = "Heddle-Note";
  private static final String CALL = "Heddle-Call";
  private static final String FROM = "Heddle-From";

  enum Kind {
    /** The request has been handled for a while. */
    TAKEN,
    /** The handler has returned. */
    REPLY,
    /** The handler has thrown, or there was nothing that it could have handled. */
    FAILED,
    /** The request was not handled, and is not going to be. */
    REFUSED,
    /** The handler was stopped, or has died with its process; it is unknown what it did. */
    LOST,
    /** The caller does not wait any more. */
    CANCEL
  }

  String encode() {
    return Envelope.of(
            Message.of(text)
                .withHeader(KIND, kind.name())
                .withHeader(CALL, call)
                .withHeader(FROM, from),
            Codec.text())
        .body();
  }

  /** Reads a note; null if it is none, because another program has sent it. */
  static @Nullable Note decode(String body) {
    Map<String, String> headers = Envelope.headers(body);
    String kind = headers.get(KIND);
    String call = headers.get(CALL);
    String from = headers.get(FROM);
    if (kind == null || call == null || from == null) {
      return null;
    }
    try {
      return new Note(Kind.valueOf(kind), call, from, Envelope.text(body));
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
