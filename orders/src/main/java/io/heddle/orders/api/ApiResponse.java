package io.heddle.orders.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.LinkedHashMap;
import java.util.Map;

/** A response. Its length and all headers except the type are derived from the text. */
record ApiResponse(int status, String type, String body, Map<String, String> headers) {
  static ApiResponse of(int status, String type, String body) {
    return new ApiResponse(status, type, body, Map.of());
  }

  /** This response with another header. */
  ApiResponse with(String name, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(name, value);
    return new ApiResponse(status, type, body, more);
  }

  byte[] bytes() {
    return body.getBytes(UTF_8);
  }
}
