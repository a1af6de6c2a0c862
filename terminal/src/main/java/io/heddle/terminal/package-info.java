/**
 * What a program on a terminal needs: to show that it is at work, and to end when it is told to.
 */
@NullMarked
package io.heddle.terminal;

import org.jspecify.annotations.NullMarked;
