package io.heddle.testing;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Runs a test method under many schedules, in virtual time, as {@link Explore} does.
 *
 * {@snippet :
 * @Test
 * @Explored(schedules = 1000)
 * void elementsComeInOrder() throws Exception { … }
 *
 * @Test
 * @Explored(seed = 423)                    // as the failure's message says
 * void elementsComeInOrder() throws Exception { … }
 * }
 *
 * <p>Each run has a new instance of the test's class, made with its constructor without parameters,
 * and calls its {@code @BeforeEach} and {@code @AfterEach} methods. The method has no parameters
 * either. {@code @AfterEach} methods are called even if the test has failed; their exceptions are
 * then suppressed.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@SuppressWarnings("exports") // for JUnit, which needs no access
@ExtendWith(ExploreExtension.class)
public @interface Explored {
  /**
   * The number of schedules.
   *
   * @return at least 1
   */
  int schedules() default 1000;

  /**
   * The only schedule to run, instead of many.
   *
   * @return a seed; negative for none
   */
  long seed() default -1;

  /**
   * The number of steps after which a run is considered endless.
   *
   * @return at least 1
   */
  int maxSteps() default 20_000;
}
