package io.heddle.testing;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Runs a test method, or all of a class, each in a {@link Bubble} of its own: in virtual time, and
 * failing when goroutines are left at its end.
 *
 * {@snippet :
 * @Test
 * @Bubbled
 * void aSessionEndsAfterAnHour() throws Exception {
 *   Session session = Session.start();
 *   Go.sleep(Duration.ofHours(1));
 *   assertTrue(session.isOver());
 * }
 * }
 *
 * <p>The test's instance is made in the bubble, too, and its {@code @BeforeEach} and
 * {@code @AfterEach} methods run in it, so the test can use the objects that they make. With the
 * life cycle {@code PER_CLASS} the instance is made outside, and its channels do not belong to the
 * bubble. Between these calls, time stands still.
 *
 * <p>All failures are reported. The first one, of the test or of another goroutine, is the test's
 * failure. Later failures, and the goroutines that are left, are suppressed exceptions of it.
 */
@Documented
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.TYPE})
@SuppressWarnings("exports") // for JUnit, which needs no access
@ExtendWith(BubbleExtension.class)
public @interface Bubbled {}
