package io.heddle.spring;

import io.heddle.interop.GoroutineExecutor;
import io.micrometer.core.instrument.binder.MeterBinder;
import jakarta.servlet.Filter;
import java.util.Objects;
import org.apache.coyote.ProtocolHandler;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.autoconfigure.task.TaskExecutionAutoConfiguration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.tomcat.ConfigurableTomcatWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.task.AsyncTaskExecutor;
import org.springframework.core.task.support.TaskExecutorAdapter;

/**
 * Makes the beans of the starter. Any of them can be replaced by a bean of the same type, and
 * {@code heddle.spring.enabled=false} turns all of them off.
 */
@AutoConfiguration(before = TaskExecutionAutoConfiguration.class)
@ConditionalOnBooleanProperty(name = "heddle.spring.enabled", matchIfMissing = true)
@EnableConfigurationProperties(HeddleProperties.class)
public class HeddleAutoConfiguration {
  /** For Spring. */
  public HeddleAutoConfiguration() {}

  /**
   * The lifetime of the application's goroutines.
   *
   * @param properties how long to wait for them in the end
   * @return their lifetime
   */
  @Bean
  @ConditionalOnMissingBean
  public GoroutineLifecycle goroutineLifecycle(HeddleProperties properties) {
    return new GoroutineLifecycle(properties.shutdownTimeout());
  }

  /**
   * What starts a goroutine for each request.
   *
   * @param lifecycle the lifetime of its goroutines
   * @return an executor
   */
  @Bean(destroyMethod = "") // the lifecycle ends it
  @ConditionalOnMissingBean
  public GoroutineExecutor goroutineExecutor(GoroutineLifecycle lifecycle) {
    return lifecycle.executor();
  }

  /**
   * Runs {@code @Async} methods, and requests that a controller answers asynchronously. Spring
   * looks for a bean with this name.
   *
   * @param executor starts the goroutines
   * @return an executor
   */
  @Bean(TaskExecutionAutoConfiguration.APPLICATION_TASK_EXECUTOR_BEAN_NAME)
  @ConditionalOnMissingBean(
      name = TaskExecutionAutoConfiguration.APPLICATION_TASK_EXECUTOR_BEAN_NAME)
  public AsyncTaskExecutor applicationTaskExecutor(GoroutineExecutor executor) {
    return new TaskExecutorAdapter(executor);
  }

  /** For an embedded Tomcat. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass({ConfigurableTomcatWebServerFactory.class, ProtocolHandler.class})
  static class Tomcat {
    /** Comes after the customizer that sets an executor of virtual threads. */
    @Bean
    @Order(Ordered.LOWEST_PRECEDENCE)
    WebServerFactoryCustomizer<ConfigurableTomcatWebServerFactory> goroutineTomcatCustomizer(
        GoroutineExecutor executor) {
      return factory ->
          factory.addProtocolHandlerCustomizers(handler -> handler.setExecutor(executor));
    }
  }

  /** For requests with a limited time. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(Filter.class)
  @ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
  @ConditionalOnProperty("heddle.spring.request-timeout")
  static class RequestTimeout {
    @Bean
    @ConditionalOnMissingBean
    RequestTimeoutFilter requestTimeoutFilter(HeddleProperties properties) {
      return new RequestTimeoutFilter(Objects.requireNonNull(properties.requestTimeout()));
    }
  }

  /** For {@code /actuator/health}. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(HealthIndicator.class)
  static class Health {
    @Bean
    @ConditionalOnMissingBean
    GoroutinesHealthIndicator goroutinesHealthIndicator() {
      return new GoroutinesHealthIndicator();
    }
  }

  /** For {@code /actuator/goroutines}. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(Endpoint.class)
  static class Dumps {
    @Bean
    @ConditionalOnMissingBean
    GoroutinesEndpoint goroutinesEndpoint() {
      return new GoroutinesEndpoint();
    }
  }

  /** For {@code /actuator/metrics}, and whatever else collects Micrometer's meters. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(MeterBinder.class)
  @ConditionalOnMissingClass("io.heddle.micrometer.HeddleMetrics") // it binds itself
  static class Meters {
    @Bean
    @ConditionalOnMissingBean
    GoroutineMeters goroutineMeters() {
      return new GoroutineMeters();
    }
  }
}
