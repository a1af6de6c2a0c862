/** The stages that an order goes through. */
@NullMarked
package io.heddle.orders.pipeline;

import org.jspecify.annotations.NullMarked;
