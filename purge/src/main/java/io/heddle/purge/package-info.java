/**
 * Deletes the keys of a key-value store. This package defines a store's operations; {@code engine}
 * deletes keys with them, and {@code stores} implements them.
 */
@NullMarked
package io.heddle.purge;

import org.jspecify.annotations.NullMarked;
