package io.heddle.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.interop.GoroutineExecutor;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.task.TaskExecutionAutoConfiguration;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.core.task.AsyncTaskExecutor;

final class HeddleAutoConfigurationTest {
  private final WebApplicationContextRunner runner =
      new WebApplicationContextRunner()
          .withConfiguration(
              AutoConfigurations.of(
                  HeddleAutoConfiguration.class, TaskExecutionAutoConfiguration.class));

  @Test
  void anApplicationGetsAllBeansButTheFilter() {
    runner.run(context -> {
      assertThat(context).hasSingleBean(GoroutineLifecycle.class);
      assertThat(context).hasSingleBean(GoroutineExecutor.class);
      assertThat(context).hasSingleBean(GoroutinesHealthIndicator.class);
      assertThat(context).hasSingleBean(GoroutinesEndpoint.class);
      assertThat(context).hasSingleBean(GoroutineMeters.class);
      assertThat(context).hasBean("goroutineTomcatCustomizer");
      assertThat(context).doesNotHaveBean(RequestTimeoutFilter.class);
    });
  }

  @Test
  void asynchronousMethodsRunInGoroutines() {
    runner.run(context -> {
      Callable<Boolean> task = () -> io.heddle.Goroutine.current() != null;
      assertThat(context.getBean(AsyncTaskExecutor.class).submit(task).get()).isTrue();
    });
  }

  @Test
  void aRequestTimeoutAddsTheFilter() {
    runner
        .withPropertyValues("heddle.spring.request-timeout=2s")
        .run(context -> assertThat(context).hasSingleBean(RequestTimeoutFilter.class));
  }

  @Test
  void aTimeoutThatIsNotPositiveIsRefused() {
    runner
        .withPropertyValues("heddle.spring.request-timeout=0s")
        .run(context ->
            assertThat(context)
                .hasFailed()
                .getFailure()
                .rootCause()
                .hasMessage(
                    "heddle.spring.request-timeout=PT0S: use a positive duration, such as 5s"));
  }

  @Test
  void itCanBeTurnedOff() {
    runner
        .withPropertyValues("heddle.spring.enabled=false")
        .run(context -> assertThat(context).doesNotHaveBean(GoroutineLifecycle.class));
  }
}
