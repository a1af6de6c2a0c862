/** Certificate orders: from the customer's request to the certificate, with a durable queue. */
@NullMarked
package io.heddle.orders;

import org.jspecify.annotations.NullMarked;
