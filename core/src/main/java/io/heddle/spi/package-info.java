/** What other libraries implement to work with goroutines. */
@NullMarked
package io.heddle.spi;

import org.jspecify.annotations.NullMarked;
