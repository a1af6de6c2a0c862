package io.heddle;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.WeakHashMap;

/** The channels that have names. It keeps none of them from being collected. */
final class NamedChannels {
  /** By identity, as channels have no other equality. Guarded by itself. */
  private static final Map<Chan<?>, String> NAMES = new WeakHashMap<>();

  private NamedChannels() {}

  static void name(Chan<?> channel, String name) {
    synchronized (NAMES) {
      NAMES.put(channel, name);
    }
  }

  /** Those that are still there. */
  static Map<Chan<?>, String> all() {
    synchronized (NAMES) {
      return new LinkedHashMap<>(NAMES);
    }
  }
}
