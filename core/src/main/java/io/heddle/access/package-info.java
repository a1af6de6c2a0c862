/**
 * Internals that the packages of Heddle share, and io.heddle.testing: the module exports them to no
 * other.
 */
@NullMarked
package io.heddle.access;

import org.jspecify.annotations.NullMarked;
