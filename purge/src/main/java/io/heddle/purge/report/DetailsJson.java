package io.heddle.purge.report;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import io.heddle.purge.Details;
import java.time.Duration;

/** What a store records about a key, in JSON. */
final class DetailsJson {
  private DetailsJson() {}

  /**
   * Adds the properties that are known. A time to live of null means that the key never expires.
   */
  static void add(JsonObject object, Details details) {
    if (details.type() != null) {
      object.addProperty("type", details.type());
    }
    Duration ttl = details.ttl();
    if (Details.NEVER.equals(ttl)) {
      object.add("ttl_ms", JsonNull.INSTANCE);
    } else if (ttl != null) {
      object.addProperty("ttl_ms", ttl.toMillis());
    }
    if (details.idle() != null) {
      object.addProperty("idle_ms", details.idle().toMillis());
    }
    if (details.modified() != null) {
      object.addProperty("modified", details.modified().toString());
    }
    if (details.size() != null) {
      object.addProperty("size", details.size());
    }
  }
}
