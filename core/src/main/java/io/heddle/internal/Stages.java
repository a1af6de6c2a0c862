package io.heddle.internal;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The stages of the pipelines that run, for observers. It keeps none of them from being collected.
 */
public final class Stages {
  /** Guarded by itself. */
  private static final List<Entry> ALL = new ArrayList<>();

  private static final StackWalker WALKER = StackWalker.getInstance();

  private Stages() {}

  /**
   * A stage.
   *
   * @param pipeline the same object for all stages of one pipeline
   * @param kind the method that starts such a stage
   * @param place where the program called that method
   * @param ins the channels that it receives from, as far as they are known
   * @param outs the channels that it sends to
   * @param goroutines the goroutines that run it
   */
  public record Stage(
      Object pipeline,
      String kind,
      String place,
      List<Object> ins,
      List<Object> outs,
      List<Object> goroutines) {}

  private record Entry(
      WeakReference<Object> pipeline,
      String kind,
      String place,
      List<WeakReference<Object>> ins,
      List<WeakReference<Object>> outs,
      List<WeakReference<Object>> goroutines) {}

  /**
   * Notes a stage.
   *
   * @param pipeline lives as long as the stage
   * @param kind the method that starts such a stage
   * @param ins the channels that it receives from
   * @param outs the channels that it sends to
   * @param goroutines the goroutines that run it
   */
  public static void add(
      Object pipeline, String kind, List<?> ins, List<?> outs, List<?> goroutines) {
    String own = pipeline.getClass().getPackageName() + '.';
    String here = Stages.class.getName();
    String place =
        WALKER.walk(frames ->
            frames
                .filter(frame ->
                    !frame.getClassName().startsWith(own) && !frame.getClassName().equals(here))
                .findFirst()
                .map(frame -> frame.getFileName() + ":" + frame.getLineNumber())
                .orElse(""));
    Entry entry =
        new Entry(
            new WeakReference<>(pipeline), kind, place, weak(ins), weak(outs), weak(goroutines));
    synchronized (ALL) {
      ALL.removeIf(one -> one.pipeline.refersTo(null));
      ALL.add(entry);
    }
  }

  private static List<WeakReference<Object>> weak(List<?> all) {
    List<WeakReference<Object>> references = new ArrayList<>();
    all.forEach(one -> references.add(new WeakReference<>(one)));
    return references;
  }

  /**
   * Those that are still there.
   *
   * @return in the order in which they were started
   */
  public static List<Stage> all() {
    List<Entry> entries;
    synchronized (ALL) {
      entries = List.copyOf(ALL);
    }
    List<Stage> stages = new ArrayList<>();
    for (Entry entry : entries) {
      Object pipeline = entry.pipeline.get();
      if (pipeline != null) {
        stages.add(
            new Stage(
                pipeline,
                entry.kind,
                entry.place,
                strong(entry.ins),
                strong(entry.outs),
                strong(entry.goroutines)));
      }
    }
    return stages;
  }

  private static List<Object> strong(List<WeakReference<Object>> references) {
    List<Object> all = new ArrayList<>();
    for (WeakReference<Object> reference : references) {
      @Nullable Object one = reference.get();
      if (one != null) {
        all.add(one);
      }
    }
    return all;
  }
}
