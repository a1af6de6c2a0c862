/** Certificate orders: from the customer's request to the certificate, over a durable queue. */
@NullMarked
package io.heddle.orders;

import org.jspecify.annotations.NullMarked;
