package io.heddle.testing;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Fails each test of a class, or one, in whose time a data race is found, with a {@link RaceError}.
 * The tests run under the race detector's agent, {@code -javaagent:heddle-race.jar}; without it,
 * they fail and say so.
 *
 * <p>A race that is found while tests run in parallel is blamed on the one that ends first.
 */
@Documented
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.TYPE})
@SuppressWarnings("exports") // for JUnit, which needs no access
@ExtendWith(RaceExtension.class)
public @interface RaceChecked {}
