/** The service's HTTP API, and a client for it. */
@NullMarked
package io.heddle.orders.api;

import org.jspecify.annotations.NullMarked;
