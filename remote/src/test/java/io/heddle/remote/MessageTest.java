package io.heddle.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Messages, and how they are stored. */
final class MessageTest {
  private static Envelope envelope(Message<String> message) {
    return Envelope.of(message, Codec.text());
  }

  @Test
  void aBodyHasTheHeadersAndTheValue() {
    for (String text : new String[] {"", "a", "\n", "\n\n", "a: b\n\nc", "ends\n"}) {
      String plain = envelope(Message.of(text)).body();
      assertEquals(text, Envelope.text(plain));
      assertEquals(Map.of(), Envelope.headers(plain));
      String with = envelope(Message.of(text).withHeader("a", "1: 2").withHeader("b-c", "")).body();
      assertEquals(text, Envelope.text(with));
      assertEquals(Map.of("a", "1: 2", "b-c", ""), Envelope.headers(with));
    }
  }

  @Test
  void aBodyWithoutAnEmptyLineHasNoValue() {
    for (String body : new String[] {"", "a", "a: b\n", "{\"a\": 1}"}) {
      assertThrows(IllegalArgumentException.class, () -> Envelope.text(body), body);
      assertEquals(body, Envelope.shown(body));
    }
    assertEquals("a", Envelope.shown("\na"));
    assertEquals("a", Envelope.shown("h: x\n\na"));
  }

  @Test
  void whatCannotBeStoredIsRefused() {
    Message<String> good = Message.of("a");
    String[] ids = {"", "x".repeat(401), "a\0"};
    for (String id : ids) {
      assertThrows(IllegalArgumentException.class, () -> good.withId(id));
    }
    assertThrows(IllegalArgumentException.class, () -> good.inOrderOf("x".repeat(401)));
    assertThrows(IllegalArgumentException.class, () -> good.withHeader("a b", ""));
    assertThrows(IllegalArgumentException.class, () -> good.withHeader("", ""));
    assertThrows(IllegalArgumentException.class, () -> good.withHeader("a", "b\nc"));
    assertThrows(IllegalArgumentException.class, () -> envelope(Message.of("a\0b")));
    assertThrows(NullPointerException.class, () -> Message.of(null));
    assertThrows(NullPointerException.class, () -> good.after(null));
    Codec<String> broken =
        Codec.of(
            _ -> {
              throw new Exception("broken");
            },
            text -> text);
    assertThrows(IllegalArgumentException.class, () -> Envelope.of(good, broken));
  }

  @Test
  void eachMessageHasAnIdOfItsOwn() {
    assertNotEquals(Message.of("a").id(), Message.of("a").id());
    Message<String> message = Message.of("a").withId("i").inOrderOf("k").after(Duration.ofDays(1));
    assertEquals(
        new Message<>("a", "i", "k", Duration.ofDays(1), Map.of("h", "v")),
        message.withHeader("h", "x").withHeader("h", "v"));
  }
}
