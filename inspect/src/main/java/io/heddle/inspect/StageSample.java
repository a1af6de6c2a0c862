package io.heddle.inspect;

import io.heddle.internal.Inspection;
import io.heddle.internal.Inspection.StageState;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the stages of pipelines do, from several looks in a tenth of a second: which share of its
 * time a stage waits for input, waits for its consumers, or works. A stage that mostly works, while
 * those before it wait for their consumers, is the bottleneck.
 */
final class StageSample {
  private static final int LOOKS = 10;
  private static final long PAUSE_MILLIS = 10;

  /** A stage that works for less of its time is no bottleneck. */
  private static final double BUSY = 0.5;

  private final StageState stage;
  private int goroutines;
  private int receiving;
  private int sending;

  private StageSample(StageState stage) {
    this.stage = stage;
  }

  /** The key of a stage that stays the same from one look to the next. */
  private record Key(long pipeline, String kind, String place, List<Long> outs, List<Long> ins) {}

  static List<Map<String, @Nullable Object>> take() throws InterruptedException {
    Map<Key, StageSample> samples = new LinkedHashMap<>();
    for (int i = 0; i < LOOKS; i++) {
      List<StageState> stages = Inspection.get().stages();
      if (stages.isEmpty()) {
        break;
      }
      stages.forEach(stage -> add(samples, stage));
      Thread.sleep(PAUSE_MILLIS);
    }
    Map<Long, StageSample> bottlenecks = new LinkedHashMap<>();
    for (StageSample sample : samples.values()) {
      bottlenecks.merge(
          sample.stage.pipeline(),
          sample,
          (one, other) -> one.working() >= other.working() ? one : other);
    }
    List<Map<String, @Nullable Object>> found = new ArrayList<>();
    samples.values().forEach(sample -> found.add(sample.json(bottlenecks)));
    return found;
  }

  private static void add(Map<Key, StageSample> samples, StageState stage) {
    Key key = new Key(stage.pipeline(), stage.kind(), stage.place(), stage.outs(), stage.ins());
    StageSample sample = samples.computeIfAbsent(key, none -> new StageSample(stage));
    sample.goroutines += stage.goroutines();
    sample.receiving += stage.receiving();
    sample.sending += stage.sending();
  }

  private double working() {
    return share(goroutines - receiving - sending);
  }

  private double share(int part) {
    return goroutines == 0 ? 0 : (double) part / goroutines;
  }

  private Map<String, @Nullable Object> json(Map<Long, StageSample> bottlenecks) {
    return Json.object(
        "pipeline", stage.pipeline(),
        "kind", stage.kind(),
        "place", stage.place(),
        "ins", stage.ins(),
        "outs", stage.outs(),
        "passed", stage.channels().stream().mapToInt(Inspection.ObjectState::passed).sum(),
        "goroutines", stage.goroutines(),
        "receiving", share(receiving),
        "sending", share(sending),
        "working", working(),
        "isBottleneck", bottlenecks.get(stage.pipeline()) == this && working() >= BUSY);
  }
}
