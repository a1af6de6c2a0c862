/** Carries the mapped diagnostic context (MDC) of SLF4J into goroutines. */
@NullMarked
package io.heddle.slf4j;

import org.jspecify.annotations.NullMarked;
