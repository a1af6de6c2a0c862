/** A key-value store with the HTTP API of Fastly's, for this machine. */
@NullMarked
package io.heddle.purge.server;

import org.jspecify.annotations.NullMarked;
