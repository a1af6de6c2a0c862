/** The service's log and metrics, and the events that feed both. */
@NullMarked
package io.heddle.orders.telemetry;

import org.jspecify.annotations.NullMarked;
