package io.heddle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.flow.Pipeline;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a dump says of a pipeline's goroutines. */
final class FlowOriginTest {
  @Test
  void goroutinesOfAPipelineWereCreatedWhereItsUserStartedTheStage() throws Exception {
    Go.run(() ->
        Pipeline.run(
            Context.background(),
            pipeline -> {
              pipeline.generate(out -> Chan.never().receive());
              pipeline.forEach(
                  pipeline.from(List.of(1)),
                  1,
                  one -> {
                    List<String> origins = FlowGoroutines.origins();
                    assertTrue(origins.size() >= 3);
                    assertEquals(
                        List.of(),
                        origins.stream()
                            .filter(origin -> !origin.contains("FlowOriginTest"))
                            .toList());
                  });
            }));
  }
}
