/**
 * Carries the context of OpenTelemetry, and with it the current span and baggage into goroutines.
 */
@NullMarked
package io.heddle.opentelemetry;

import org.jspecify.annotations.NullMarked;
