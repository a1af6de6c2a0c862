package io.heddle.purge.stores;

import io.heddle.purge.keys.KeyBytes;
import org.jspecify.annotations.Nullable;

/** Keys that a store cannot contain under any circumstances. */
final class Refusal {
  private Refusal() {}

  /** For a store whose keys are bytes. */
  static @Nullable String unlessBytes(String key) {
    return KeyBytes.isText(key)
        ? null
        : "and no bytes are written so: bytes that are no UTF-8 are U+DC80 to U+DCFF each";
  }
}
