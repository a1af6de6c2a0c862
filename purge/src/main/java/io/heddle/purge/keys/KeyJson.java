package io.heddle.purge.keys;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.Base64;

/** Keys in JSON, without loss. */
public final class KeyJson {
  private KeyJson() {}

  /**
   * Adds a key to an object, as {@code key}. A key that is not UTF-8 has lone surrogates there,
   * which many programs replace or reject, so its bytes are added as well, as {@code key_base64}.
   */
  public static void add(JsonObject object, String key) {
    object.addProperty("key", key);
    if (!KeyBytes.isUnicode(key) && KeyBytes.isText(key)) {
      object.addProperty("key_base64", Base64.getEncoder().encodeToString(KeyBytes.of(key)));
    }
  }

  /**
   * Writes JSON so that UTF-8 can represent it, lone surrogates included, and a terminal obeys none
   * of it.
   *
   * @param json an object, an array or a value
   */
  public static String line(JsonElement json) {
    return KeyLine.escaped(json.toString());
  }
}
