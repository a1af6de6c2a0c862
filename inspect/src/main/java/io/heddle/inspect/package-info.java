/**
 * Profiles, traces and a live page of the goroutines of a running program. Start Java with {@code
 * -Dheddle.inspect=127.0.0.1:6060} and this module on the class path or the module path.
 */
@NullMarked
package io.heddle.inspect;

import org.jspecify.annotations.NullMarked;
