package io.heddle.purge.keys;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.Base64;

/** Keys in JSON, without loss. */
public final class KeyJson {
  private KeyJson() {}

  /**
   * Adds a key to an object, as {@code key}. A key that is not UTF-8 contains lone surrogates in
   * this form, which many programs replace or reject. Therefore its bytes are added as well, as
   * {@code key_base64}.
   */
  public static void add(JsonObject object, String key) {
    object.addProperty("key", key);
    if (!KeyBytes.isUnicode(key) && KeyBytes.isText(key)) {
      object.addProperty("key_base64", Base64.getEncoder().encodeToString(KeyBytes.of(key)));
    }
  }

  /**
   * Writes JSON in such a way that UTF-8 can represent it, including lone surrogates, and that a
   * terminal interprets no part of it as a control sequence.
   *
   * @param json an object, an array or a value
   */
  public static String line(JsonElement json) {
    return KeyLine.escaped(json.toString());
  }
}
