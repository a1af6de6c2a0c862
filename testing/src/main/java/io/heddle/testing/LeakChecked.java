package io.heddle.testing;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Fails each test of a class, or one, that leaves goroutines behind: those that are still there,
 * after its {@code @AfterEach} methods, and were not before it. On a class, what is left after its
 * {@code @AfterAll} methods, and is none of its tests', fails the class. Each goroutine is reported
 * once, and tests without the annotation are not checked.
 *
 * <p>For a whole suite set {@code junit.jupiter.extensions.autodetection.enabled=true} in {@code
 * junit-platform.properties}. Then every test is checked. What all of them ignore is the
 * configuration parameter {@code heddle.leaks.ignore}: texts, separated by commas.
 *
 * <p>Where JUnit runs tests in parallel ({@code junit.jupiter.execution.parallel.enabled}), the
 * goroutines of one cannot be told from those of another. Then no test fails. What is new after a
 * checked test and still there at the end of the whole run fails the run, with the names of the
 * tests that may have left it.
 */
@Documented
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.TYPE})
@ExtendWith(LeakExtension.class)
public @interface LeakChecked {
  /**
   * Which goroutines may be left, by this test, and when all have been run. If goroutines like
   * these are found to have leaked while a later test runs, that is not blamed for it.
   *
   * @return texts, as for {@link LeakCheck#ignoring}
   */
  String[] ignoring() default {};
}
