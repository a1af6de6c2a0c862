package io.heddle.http;

import static org.junit.jupiter.api.Assertions.assertThrows;

import io.heddle.http.HttpAnswer.Response;
import java.util.List;
import org.junit.jupiter.api.Test;

final class HttpAnswerTest {
  @Test
  void aHandlerCannotSplitItsResponse() {
    Response response = Response.of(200);
    for (String value : List.of("a\r\nSet-Cookie: b", "a\nb", "a\0", "€")) {
      assertThrows(IllegalArgumentException.class, () -> response.with("X", value));
    }
    for (String name : List.of("", "a b", "a:", "Content-Length", "transfer-encoding")) {
      assertThrows(IllegalArgumentException.class, () -> response.with(name, "1"));
    }
    assertThrows(IllegalArgumentException.class, () -> Response.of(204, "text/plain", "body"));
    assertThrows(IllegalArgumentException.class, () -> Response.of(100));
  }
}
