/** A certificate authority, name server and web server for tries and tests, on this machine. */
@NullMarked
package io.heddle.local;

import org.jspecify.annotations.NullMarked;
