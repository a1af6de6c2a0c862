/** What a program on a terminal needs to show that it is at work. */
@NullMarked
package io.heddle.terminal;

import org.jspecify.annotations.NullMarked;
