/**
 * What Heddle's own packages and modules share and programs do not see: the access of
 * io.heddle.testing to the machinery, and what the packages of this module need from each other.
 */
@NullMarked
package io.heddle.internal;

import org.jspecify.annotations.NullMarked;
