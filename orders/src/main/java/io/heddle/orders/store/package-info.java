/** The orders, as messages of the durable queue. */
@NullMarked
package io.heddle.orders.store;

import org.jspecify.annotations.NullMarked;
