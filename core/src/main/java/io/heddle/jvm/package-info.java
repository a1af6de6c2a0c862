/**
 * What Heddle asks of the JVM and its JDK beyond their API, or with care: private members, signals,
 * other threads. Knows nothing of the rest of Heddle.
 */
@NullMarked
package io.heddle.jvm;

import org.jspecify.annotations.NullMarked;
