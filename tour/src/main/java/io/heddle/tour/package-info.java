/** The tour: runs the programs and checks what they print. */
@NullMarked
package io.heddle.tour;

import org.jspecify.annotations.NullMarked;
