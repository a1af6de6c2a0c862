package io.heddle.testing;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Fails a test, or each test of a class, if it leaves goroutines behind: goroutines that did not
 * exist before the test, and still exist after its {@code @AfterEach} methods. On a class, it also
 * fails the class if goroutines that none of its tests has left exist after its {@code @AfterAll}
 * methods. Each goroutine is reported once. Tests without the annotation are not checked.
 *
 * <p>To check every test of a suite, set {@code
 * junit.jupiter.extensions.autodetection.enabled=true} in {@code junit-platform.properties}. The
 * configuration parameter {@code heddle.leaks.ignore} lists texts, separated by commas: goroutines
 * that contain one of them are ignored in all tests.
 *
 * <p>If JUnit runs tests in parallel ({@code junit.jupiter.execution.parallel.enabled}), it is
 * unknown which test started a goroutine, so no test fails. A goroutine that was new after a
 * checked test and still exists at the end of the whole run fails the run. The report names the
 * tests that may have left it.
 */
@Documented
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.TYPE})
@ExtendWith(LeakExtension.class)
public @interface LeakChecked {
  /**
   * The goroutines that the test may leave behind. If such a goroutine is found to have leaked
   * while a later test runs, that test does not fail.
   *
   * @return texts, as for {@link LeakCheck#ignoring}
   */
  String[] ignoring() default {};
}
