package io.heddle.spring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Context;
import io.heddle.Go;
import io.heddle.testing.Bubbled;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;

@Bubbled
final class RequestTimeoutFilterTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final RequestTimeoutFilter filter = new RequestTimeoutFilter(LIMIT);
  private final MockHttpServletResponse response = new MockHttpServletResponse();

  private void run(FilterChain chain) throws Exception {
    filter.doFilter(new MockHttpServletRequest(), response, chain);
  }

  private static void sleep(Duration time) throws ServletException {
    try {
      Go.sleep(time);
    } catch (InterruptedException e) {
      throw new ServletException(e);
    }
  }

  @Test
  void aRequestRunsUnderAContextWithTheDeadline() throws Exception {
    Instant deadline = Go.now().plus(LIMIT);
    run((_, _) -> {
      assertEquals(deadline, Context.current().deadline());
      response.setStatus(201);
    });
    assertEquals(201, response.getStatus());
  }

  @Test
  void aRequestThatTakesTooLongIsInterruptedAndRefused() throws Exception {
    Instant begin = Go.now();
    run((_, _) -> {
      response.setStatus(200);
      sleep(Duration.ofDays(1));
    });
    assertEquals(503, response.getStatus());
    assertEquals(LIMIT, Duration.between(begin, Go.now()));
  }

  @Test
  void theGoroutinesOfARequestEndWithIt() throws Exception {
    AtomicBoolean stopped = new AtomicBoolean();
    run((_, _) -> {
      Go.go(
          Context.current(),
          () -> {
            try {
              Go.sleep(Duration.ofDays(1));
            } finally {
              stopped.set(true);
            }
          });
      sleep(Duration.ofDays(1));
    });
    io.heddle.testing.Bubble.settle();
    assertTrue(stopped.get());
  }

  @Test
  void aResponseThatHasBegunCannotBeRefused() {
    ServletException e =
        assertThrows(
            ServletException.class,
            () ->
                run((_, _) -> {
                  response.flushBuffer();
                  sleep(Duration.ofDays(1));
                }));
    assertEquals("The request took longer than PT30S", e.getMessage());
  }

  @Test
  void failuresAreThoseOfTheRequest() {
    for (Exception failure :
        new Exception[] {
          new IOException("broken pipe"), new ServletException("no view"), new RuntimeException()
        }) {
      assertSame(
          failure,
          assertThrows(
              Exception.class,
              () ->
                  run((_, _) -> {
                    switch (failure) {
                      case IOException e -> throw e;
                      case ServletException e -> throw e;
                      default -> throw (RuntimeException) failure;
                    }
                  })));
    }
  }
}
