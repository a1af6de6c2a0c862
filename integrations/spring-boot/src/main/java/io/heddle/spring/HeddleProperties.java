package io.heddle.spring;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The properties below {@code heddle.spring}.
 *
 * @param requestTimeout how long a request may take, null for no limit
 * @param shutdownTimeout how long to wait at shutdown for cancelled requests
 */
@ConfigurationProperties("heddle.spring")
public record HeddleProperties(
    @Nullable Duration requestTimeout, @DefaultValue("5s") Duration shutdownTimeout) {

  /**
   * Checks the limits.
   *
   * @throws IllegalArgumentException if one of them is not positive
   */
  public HeddleProperties {
    require("request-timeout", requestTimeout);
    require("shutdown-timeout", shutdownTimeout);
  }

  private static void require(String name, @Nullable Duration duration) {
    if (duration != null && !duration.isPositive()) {
      throw new IllegalArgumentException(
          "heddle.spring." + name + "=" + duration + ": use a positive duration, such as 5s");
    }
  }
}
