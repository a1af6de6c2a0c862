/** The supported stores. */
@NullMarked
package io.heddle.purge.stores;

import org.jspecify.annotations.NullMarked;
