/** A certificate authority, name server and web server on this machine, for tests and demos. */
@NullMarked
package io.heddle.local;

import org.jspecify.annotations.NullMarked;
