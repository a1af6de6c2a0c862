/** A mixed load over all primitives for a long time, with laws of conservation that must hold. */
@NullMarked
package io.heddle.evidence.soak;

import org.jspecify.annotations.NullMarked;
