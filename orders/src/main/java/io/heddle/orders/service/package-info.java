/** Combines the parts into the service that {@code heddle orders serve} runs. */
@NullMarked
package io.heddle.orders.service;

import org.jspecify.annotations.NullMarked;
