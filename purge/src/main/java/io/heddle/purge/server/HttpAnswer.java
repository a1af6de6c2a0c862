package io.heddle.purge.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** What becomes of a request. */
sealed interface HttpAnswer {
  /** A proper response. */
  record Response(int status, Map<String, String> headers, byte[] body) implements HttpAnswer {
    static Response of(int status) {
      return new Response(status, Map.of(), new byte[0]);
    }

    static Response of(int status, String type, String body) {
      return new Response(status, Map.of("Content-Type", type), body.getBytes(UTF_8));
    }

    Response with(String name, String value) {
      Map<String, String> more = new LinkedHashMap<>(headers);
      more.put(name, value);
      return new Response(status, more, body);
    }
  }

  /** The connection is reset. */
  record Reset() implements HttpAnswer {}

  /** A response whose body comes byte by byte, with a pause after each. */
  record Slow(Response response, Duration pause) implements HttpAnswer {}
}
