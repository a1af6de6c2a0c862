/** A key-value store with the HTTP API of Fastly's, for this machine. */
@NullMarked
package io.heddle.local.kv;

import org.jspecify.annotations.NullMarked;
