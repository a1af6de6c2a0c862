package io.heddle.spring;

import io.heddle.ContextException;
import io.heddle.TaskGroup;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.springframework.core.Ordered;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Limits the time of each request. The request runs in a goroutine of its own under a context with
 * a deadline, which {@link io.heddle.Context#current} returns. At the deadline that goroutine is
 * interrupted, together with those that it has started under this context. When it has ended, the
 * client gets status 503, unless the response has begun. The same happens to a request that the end
 * of the application cancels.
 *
 * <p>It comes before all other filters, as these may bind values to the thread.
 */
public final class RequestTimeoutFilter extends OncePerRequestFilter implements Ordered {
  private final Duration timeout;

  /**
   * Makes a filter.
   *
   * @param timeout how long a request may take
   */
  public RequestTimeoutFilter(Duration timeout) {
    this.timeout = Objects.requireNonNull(timeout, "timeout");
  }

  @Override
  public int getOrder() {
    return Ordered.HIGHEST_PRECEDENCE;
  }

  @Override
  protected void doFilterInternal(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    try (var group = new TaskGroup<Void>().timeout(timeout)) {
      group.go(() -> chain.doFilter(request, response));
      group.await();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof TimeoutException) {
        refuse(response, "The request took longer than " + timeout, e);
      } else {
        rethrow(Objects.requireNonNull(e.getCause()));
      }
    } catch (ContextException | InterruptedException e) {
      // The interrupt has served its purpose. Left pending, it would close the client's connection.
      refuse(response, "The application is shutting down", e);
    }
  }

  private static void refuse(HttpServletResponse response, String reason, Exception cause)
      throws ServletException, IOException {
    if (response.isCommitted()) {
      throw new ServletException(reason, cause);
    }
    response.reset();
    response.sendError(HttpServletResponse.SC_SERVICE_UNAVAILABLE, reason);
  }

  /** As if the request had been handled on the calling thread. */
  private static void rethrow(Throwable failure) throws ServletException, IOException {
    switch (failure) {
      case ServletException e -> throw e;
      case IOException e -> throw e;
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new ServletException(failure);
    }
  }
}
