/** The stores that can be emptied. */
@NullMarked
package io.heddle.purge.stores;

import org.jspecify.annotations.NullMarked;
