/** The agent: decides which classes are in scope, and instruments them as they are loaded. */
@NullMarked
package io.heddle.race.agent;

import org.jspecify.annotations.NullMarked;
