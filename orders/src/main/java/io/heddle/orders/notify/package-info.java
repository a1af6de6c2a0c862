/** Tells servers and commands of the operator what happens to orders. */
@NullMarked
package io.heddle.orders.notify;

import org.jspecify.annotations.NullMarked;
