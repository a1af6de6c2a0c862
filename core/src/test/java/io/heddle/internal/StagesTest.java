package io.heddle.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.internal.Stages.Stage;
import java.lang.ref.Reference;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class StagesTest {
  /** Of the pipelines of one test. */
  private static List<Stage> of(Object pipeline) {
    return Stages.all().stream().filter(stage -> stage.pipeline() == pipeline).toList();
  }

  @Test
  void aStageIsKeptWithWhatItConnects() {
    Object pipeline = new Object(); // of java.lang, whose frames are not the place
    Object in = new Object();
    Object out = new Object();
    Object goroutine = new Object();
    Stages.add(pipeline, "map", List.of(in), List.of(out), List.of(goroutine));
    Stages.add(pipeline, "forEach", List.of(out), List.of(), List.of(goroutine));
    List<Stage> stages = of(pipeline);
    assertEquals(List.of("map", "forEach"), stages.stream().map(Stage::kind).toList());
    Stage map = stages.getFirst();
    assertSame(in, map.ins().getFirst());
    assertSame(out, map.outs().getFirst());
    assertSame(goroutine, map.goroutines().getFirst());
    assertTrue(map.place().startsWith("StagesTest.java:"), map.place());
  }

  @Test
  void aPipelineThatIsNotUsedAnyMoreIsForgotten() {
    add(new StringBuilder("first"));
    long before = stagesOf("first");
    assertTrue(before <= 1);
    while (stagesOf("first") > 0) {
      System.gc();
    }
    // The next one makes room.
    StringBuilder next = new StringBuilder("next");
    add(next);
    assertEquals(1, of(next).size());
  }

  private static void add(StringBuilder pipeline) {
    Stages.add(pipeline, "map", List.of(), List.of(), List.of());
  }

  private static long stagesOf(String name) {
    return Stages.all().stream().filter(stage -> stage.pipeline().toString().equals(name)).count();
  }

  @Test
  void whatAStageConnectsIsNotKeptAlive() {
    Object pipeline = new Object();
    Object kept = new Object();
    try {
      Stages.add(
          pipeline,
          "map",
          List.of(new Object(), kept),
          List.of(new Object()),
          List.of(new Object()));
      while (!of(pipeline).getFirst().outs().isEmpty()) {
        System.gc();
      }
      assertEquals(List.of(kept), of(pipeline).getFirst().ins());
      assertEquals(List.of(), of(pipeline).getFirst().goroutines());
    } finally {
      Reference.reachabilityFence(pipeline);
    }
  }
}
