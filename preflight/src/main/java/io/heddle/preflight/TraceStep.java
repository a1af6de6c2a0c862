package io.heddle.preflight;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A step or an observation of a check. Its text is for people, its components for programs. */
public sealed interface TraceStep {
  /** One line for people. */
  String text();

  /**
   * A question to a name server.
   *
   * @param question the type and the name
   * @param server the name server's address, with its name if it has one
   * @param status NOERROR, NXDOMAIN or another; null if there was no answer
   * @param answers the records of the answer
   * @param failure why there was no answer; null if there was one
   */
  record Lookup(
      String question,
      String server,
      String transport,
      @Nullable String status,
      List<String> answers,
      @Nullable String failure)
      implements TraceStep {
    @Override
    public String text() {
      String result =
          failure != null ? failure : answers.isEmpty() ? "no records" : String.join(", ", answers);
      return "%s at %s (%s): %s%s"
          .formatted(question, server, transport, status == null ? "" : status + ", ", result);
    }
  }

  /**
   * A connection.
   *
   * @param host the name that was looked up
   * @param failure why it failed; null if it was opened
   */
  record Connect(String host, String address, int port, @Nullable String failure)
      implements TraceStep {
    @Override
    public String text() {
      return "connect to %s at %s port %d: %s"
          .formatted(host, address, port, failure == null ? "connected" : failure);
    }
  }

  /**
   * A TLS handshake.
   *
   * @param protocol the version; null if it failed
   * @param application the negotiated application protocol; null if absent
   * @param failure why it failed; null if it did not
   */
  record Handshake(
      String address,
      @Nullable String protocol,
      @Nullable String application,
      @Nullable String failure)
      implements TraceStep {
    @Override
    public String text() {
      String agreed = application == null ? "" : " with " + application;
      return "TLS with %s: %s".formatted(address, failure == null ? protocol + agreed : failure);
    }
  }

  /**
   * A response to a GET.
   *
   * @param url the requested address
   * @param hop 0, or the number of redirects before
   * @param status the HTTP status; 0 if there was no response
   * @param location the target of a redirect; null if absent
   * @param bytes the number of bytes of the body that were read
   * @param failure the problem with the response; null if absent
   */
  record Response(
      String url,
      String address,
      int hop,
      int status,
      @Nullable String location,
      int bytes,
      @Nullable String failure)
      implements TraceStep {
    @Override
    public String text() {
      String result =
          failure != null
              ? failure
              : status + (location == null ? ", " + bytes + " bytes" : " to " + location);
      return "GET %s from %s: %s".formatted(url, address, result);
    }
  }

  /** A useful observation. */
  record Note(String text) implements TraceStep {}

  /** A possible problem that did not occur this time. */
  record Warning(String text) implements TraceStep {}
}
