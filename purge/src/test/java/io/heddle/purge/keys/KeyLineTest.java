package io.heddle.purge.keys;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class KeyLineTest {
  private static final int ROUNDS = 20_000;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "key",
        "a b",
        "back\\slash",
        "back\\nslash",
        "half\"",
        "k\u00f6:1",
        "e\u0301",
        "\ud83d\ude00",
        "[1]",
        "#a",
        "'a'",
        "-"
      })
  void anOrdinaryKeyIsItself(String key) throws Exception {
    assertEquals(key, KeyLine.of(key));
    assertEquals(key, KeyLine.key(key));
  }

  /** Whatever the key: its line is one line that is UTF-8, and a terminal obeys nothing of it. */
  private static void assertRoundTrip(String key) throws Exception {
    JsonObject object = new JsonObject();
    KeyJson.add(object, key);
    for (String line : new String[] {KeyLine.of(key), KeyJson.line(object)}) {
      assertEquals(key, KeyLine.key(line));
      assertEquals(line, new String(line.getBytes(UTF_8), UTF_8));
      assertTrue(line.codePoints().noneMatch(Character::isISOControl), line);
    }
  }

  @Test
  void aHostileKeyComesBackAsItself() throws Exception {
    Map<String, String> keys = new HashMap<>();
    for (String key : HostileKeys.text(1)) {
      assertRoundTrip(key);
      assertNull(keys.put(KeyLine.of(key), key), "two keys have one line");
    }
  }

  @Test
  void anyCharactersComeBackAsThemselves() throws Exception {
    Random random = new Random(2);
    for (int i = 0; i < ROUNDS; i++) {
      StringBuilder key = new StringBuilder();
      for (int length = random.nextInt(6); length > 0; length--) {
        key.append(
            switch (random.nextInt(4)) {
              case 0 -> (char) random.nextInt(0x80);
              case 1 -> "\"\\{}u0ndc\r\n\t \ufeff".charAt(random.nextInt(14));
              case 2 -> (char) (0xd800 + random.nextInt(0x800)); // surrogates, lone ones too
              default -> (char) random.nextInt(0x10000);
            });
      }
      assertRoundTrip(key.toString());
    }
  }

  @Test
  void anyBytesComeBackAsThemselves() throws Exception {
    Random random = new Random(3);
    for (int i = 0; i < ROUNDS; i++) {
      byte[] bytes = new byte[random.nextInt(7)];
      random.nextBytes(bytes);
      if (i % 2 == 0) { // more that looks like UTF-8
        for (int k = 0; k < bytes.length; k++) {
          bytes[k] = (byte) new int[] {0xed, 0xa0, 0xb2, 0x80, 0xc3, 0xb6, 'a'}[bytes[k] & 3];
        }
      }
      String text = KeyBytes.text(bytes);
      assertArrayEquals(bytes, KeyBytes.of(text));
      assertTrue(KeyBytes.isText(text));
      assertRoundTrip(text);
      JsonObject object = new JsonObject();
      KeyJson.add(object, text);
      assertEquals(KeyBytes.isUnicode(text), !object.has("key_base64"));
    }
    for (byte[] bytes : HostileKeys.bytes(4)) {
      assertArrayEquals(bytes, KeyBytes.of(KeyBytes.text(bytes)));
    }
  }

  /** Else two texts would name one key, and the second would get past an exclusion of the first. */
  @ParameterizedTest
  @ValueSource(strings = {"\udcc3\udcb6", "\ud800", "a\udc7f", "\udcff\ud83d", "\udfff", "\udc00"})
  void aTextThatNoBytesHaveIsRejected(String text) {
    assertFalse(KeyBytes.isText(text));
    assertThrows(IllegalArgumentException.class, () -> KeyBytes.of(text));
  }

  /** A line that could be two keys is rejected. */
  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '~',
      delimiter = '|',
      value = {
        "\"a\"|quotation marks that the key does not need",
        "\"a|is not a JSON string",
        "\"a\" |quotation marks that the key does not need",
        "\"a\" \"b\"|is not a JSON string",
        "{|is not an object",
        "{}|is not an object",
        "{\"key\":5}|is not an object",
        "{\"key\":null}|is not an object",
        "{\"key\":[\"a\"]}|is not an object",
        "{\"key\":\"a\",\"key\":\"b\"}|is not an object",
        "{\"key\":\"a\"} {\"key\":\"b\"}|is not an object",
        "{key:\"a\"}|is not an object",
        "{\"key\":\"a\"|is not an object",
        "{\"key_base64\":\"%\"}|is not base64",
        "{\"store\":\"a checkpoint\"}|is not an object"
      })
  void aLineThatMayMeanSomethingElseIsRejected(String line, String why) {
    String message =
        assertThrows(KeyLine.BadLineException.class, () -> KeyLine.key(line)).getMessage();
    assertTrue(message.contains(why), message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\r", "a\rb", "a\0b", "\ufeffa"})
  void aLineOfAnotherKindOfFileIsRejected(String line) {
    String message =
        assertThrows(KeyLine.BadLineException.class, () -> KeyLine.key(line)).getMessage();
    assertTrue(message.codePoints().noneMatch(Character::isISOControl), message);
  }

  @Test
  void anObjectMayHaveMoreThanTheKey() throws Exception {
    assertEquals("a", KeyLine.key("{\"reason\":\"HTTP 503\",\"key\":\"a\",\"x\":{\"key\":\"b\"}}"));
    assertEquals("\udcff", KeyLine.key("{\"key\":\"?\",\"key_base64\":\"/w==\"}"));
    assertNull(KeyLine.key("{\"event\":\"progress\",\"deleted\":5}"));
    assertNull(KeyLine.key(""));
    assertEquals("", KeyLine.key("\"\""));
    assertEquals("k\u00f6", KeyLine.key("\"k\\u00f6\""));
  }
}
