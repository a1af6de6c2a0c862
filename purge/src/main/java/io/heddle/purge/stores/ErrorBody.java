package io.heddle.purge.stores;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.util.ArrayList;
import java.util.List;

/**
 * The message in the body of an error, in any of the forms that the services use: a list of {@code
 * errors}, a problem (RFC 9457), {@code msg} and {@code detail}, etcd's {@code message}, or plain
 * text.
 */
final class ErrorBody {
  private static final int LONGEST = 500;

  private ErrorBody() {}

  static String text(String body) {
    List<String> parts = new ArrayList<>();
    try {
      if (JsonParser.parseString(body) instanceof JsonObject object) {
        if (object.get("errors") instanceof JsonArray errors) {
          for (JsonElement error : errors) {
            if (error instanceof JsonObject one) {
              add(parts, one, "title", "message", "detail");
            }
          }
        }
        if (parts.isEmpty()) {
          add(parts, object, "title", "msg", "message", "detail");
        }
      }
    } catch (JsonParseException e) {
      // not JSON: the text itself
    }
    String text = parts.isEmpty() ? body.strip() : String.join(": ", parts);
    return text.length() > LONGEST ? text.substring(0, LONGEST) + "…" : text;
  }

  private static void add(List<String> parts, JsonObject object, String... names) {
    for (String name : names) {
      JsonElement value = object.get(name);
      if (value != null && value.isJsonPrimitive() && !value.getAsString().isEmpty()) {
        parts.add(value.getAsString());
      }
    }
  }
}
