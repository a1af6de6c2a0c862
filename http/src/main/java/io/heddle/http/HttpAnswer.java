package io.heddle.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** What becomes of a request. */
public sealed interface HttpAnswer {
  /**
   * A proper response.
   *
   * @param status the HTTP status, from 200 to 599
   * @param headers the headers, without {@code Date} and those that say where the body ends. After
   *     a response with {@code Connection: close} the connection is closed. Values are bytes from
   *     0x20 to 0xff.
   * @param body the body, empty with the statuses 204 and 304; a response to HEAD has it too, as it
   *     tells the length, and it is not sent
   */
  record Response(int status, Map<String, String> headers, byte[] body) implements HttpAnswer {
    private static final Set<String> OURS = Set.of("content-length", "transfer-encoding", "date");

    /**
     * Makes a response.
     *
     * @throws IllegalArgumentException if it could not be sent as it is: a header with a line break
     *     would be the beginning of another response
     */
    public Response {
      if (status < 200 || status > 599) {
        throw new IllegalArgumentException("status " + status);
      }
      if (!hasBody(status) && body.length > 0) {
        throw new IllegalArgumentException("a body with status " + status);
      }
      headers.forEach((name, value) -> {
        if (!HttpInput.isToken(name) || OURS.contains(name.toLowerCase(Locale.ROOT))) {
          throw new IllegalArgumentException("not a header of a response: " + name);
        }
        if (!value.chars().allMatch(Response::isText)) {
          throw new IllegalArgumentException("not the value of a header: " + value);
        }
      });
    }

    private static boolean isText(int c) {
      return c == '\t' || (c >= ' ' && c <= 0xff && c != 0x7f);
    }

    /** Whether there is one, maybe of no bytes. */
    static boolean hasBody(int status) {
      return status != 204 && status != 304;
    }

    /**
     * A response without a body.
     *
     * @param status the HTTP status
     * @return the response
     */
    public static Response of(int status) {
      return new Response(status, Map.of(), new byte[0]);
    }

    /**
     * A response with a text.
     *
     * @param status the HTTP status
     * @param type the media type
     * @param body the text, sent as UTF-8
     * @return the response
     */
    public static Response of(int status, String type, String body) {
      return new Response(status, Map.of("Content-Type", type), body.getBytes(UTF_8));
    }

    /**
     * This response with another header.
     *
     * @param name the header's name
     * @param value its value
     * @return a new response
     * @throws IllegalArgumentException if it could not be sent
     */
    public Response with(String name, String value) {
      Map<String, String> more = new LinkedHashMap<>(headers);
      more.put(name, value);
      return new Response(status, more, body);
    }
  }

  /** The connection is reset. */
  record Reset() implements HttpAnswer {}

  /**
   * A response whose body comes byte by byte.
   *
   * @param response the response
   * @param pause the time after each byte
   */
  record Slow(Response response, Duration pause) implements HttpAnswer {}
}
