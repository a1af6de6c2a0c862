/** The parts put together: what {@code heddle orders serve} runs. */
@NullMarked
package io.heddle.orders.service;

import org.jspecify.annotations.NullMarked;
