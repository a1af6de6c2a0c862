package io.heddle.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** What becomes of a request. */
public sealed interface HttpAnswer {
  /**
   * A proper response.
   *
   * @param status the HTTP status
   * @param headers the headers, without the body's length
   * @param body the body
   */
  record Response(int status, Map<String, String> headers, byte[] body) implements HttpAnswer {
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
