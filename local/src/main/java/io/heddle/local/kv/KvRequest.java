package io.heddle.local.kv;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.Header;
import org.jspecify.annotations.Nullable;

/**
 * A request to the server.
 *
 * @param path the components of the path, decoded
 * @param query the query's parameters, decoded; of several with one name, the last one
 */
record KvRequest(
    ClassicHttpRequest http,
    String method,
    List<String> path,
    Map<String, String> query,
    byte[] body) {
  /**
   * Receives the body, and decodes the target.
   *
   * @throws CharacterCodingException if the target is not UTF-8
   * @throws IllegalArgumentException if the target is malformed
   */
  static KvRequest of(ClassicHttpRequest http) throws IOException {
    String target = http.getPath();
    int mark = target.indexOf('?');
    List<String> path = new ArrayList<>();
    for (String component : target.substring(1, mark < 0 ? target.length() : mark).split("/", -1)) {
      path.add(decoded(component.replace("+", "%2B"))); // in a path, a plus is a plus
    }
    Map<String, String> query = new HashMap<>();
    for (String pair : mark < 0 ? new String[0] : target.substring(mark + 1).split("&", -1)) {
      int equals = pair.indexOf('=');
      query.put(
          decoded(equals < 0 ? pair : pair.substring(0, equals)),
          decoded(equals < 0 ? "" : pair.substring(equals + 1)));
    }
    byte[] body =
        http.getEntity() == null ? new byte[0] : http.getEntity().getContent().readAllBytes();
    return new KvRequest(http, http.getMethod(), path, query, body);
  }

  /** Rejects bytes that are not UTF-8, which {@link URLDecoder} would replace. */
  private static String decoded(String text) throws CharacterCodingException {
    return text(URLDecoder.decode(text, ISO_8859_1).getBytes(ISO_8859_1));
  }

  static String text(byte[] bytes) throws CharacterCodingException {
    return UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
  }

  /** The value of a header, null if it is missing. */
  @Nullable String header(String name) {
    Header header = http.getFirstHeader(name);
    return header == null ? null : header.getValue();
  }
}
