/**
 * Deletes the keys of a key-value store. Here is what a store has to offer; {@code engine} deletes
 * through it, {@code stores} implements it.
 */
@NullMarked
package io.heddle.purge;

import org.jspecify.annotations.NullMarked;
