package io.heddle.purge;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Some of the keys of a store.
 *
 * @param keys the keys; may be empty
 * @param next the cursor of the next page; null if this is the last
 */
public record Page(List<String> keys, @Nullable String next) {}
