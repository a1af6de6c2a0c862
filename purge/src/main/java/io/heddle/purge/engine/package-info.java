/** Deletes keys with a lister, workers, and a collector of outcomes, in one scope. */
@NullMarked
package io.heddle.purge.engine;

import org.jspecify.annotations.NullMarked;
