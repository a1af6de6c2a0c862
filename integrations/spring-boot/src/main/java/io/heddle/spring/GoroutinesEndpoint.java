package io.heddle.spring;

import io.heddle.Goroutines;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;

/**
 * The endpoint {@code /actuator/goroutines}: a dump of all goroutines, as text, or as JSON for a
 * client that accepts {@code application/json}. It shows stack traces, so Spring Boot publishes it
 * only if {@code management.endpoints.web.exposure.include} names it.
 */
@Endpoint(id = "goroutines")
public final class GoroutinesEndpoint {
  /** Makes an endpoint. */
  public GoroutinesEndpoint() {}

  /**
   * A dump for people.
   *
   * @return as {@link Goroutines#dump}
   */
  @ReadOperation(produces = "text/plain;charset=UTF-8")
  public String text() {
    return Goroutines.dump();
  }

  /**
   * A dump for programs.
   *
   * @return as {@link Goroutines#dumpJson}
   */
  @ReadOperation(produces = "application/json")
  public String json() {
    return Goroutines.dumpJson();
  }
}
