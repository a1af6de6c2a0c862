/** What io.heddle shows of its machinery to io.heddle.testing, and to nobody else. */
@NullMarked
package io.heddle.access;

import org.jspecify.annotations.NullMarked;
