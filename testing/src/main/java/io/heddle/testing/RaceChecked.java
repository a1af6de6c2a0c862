package io.heddle.testing;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Fails a test, or each test of a class, with a {@link RaceError} if a data race is found while it
 * runs. The tests need the race detector's agent, {@code -javaagent:heddle-race.jar}; without it,
 * they fail and say so.
 *
 * <p>To check every test of a suite, put {@code heddle.race.check=true} and {@code
 * junit.jupiter.extensions.autodetection.enabled=true} into {@code junit-platform.properties}.
 *
 * <p>If tests run in parallel, a race fails the test that ends first.
 */
@Documented
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.TYPE})
@SuppressWarnings("exports") // for JUnit, which needs no access
@ExtendWith(RaceExtension.class)
public @interface RaceChecked {}
