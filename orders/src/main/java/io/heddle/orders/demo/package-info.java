/** Shows the whole pipeline at work, on this machine alone. */
@NullMarked
package io.heddle.orders.demo;

import org.jspecify.annotations.NullMarked;
