package io.heddle.inspect;

import io.heddle.Leak;
import io.heddle.Leaks;
import io.heddle.internal.Inspection;
import io.heddle.internal.Inspection.GoroutineState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Goroutines that are alike, counted: Go's goroutine profile. Goroutines are alike if they have the
 * same state, stack and creator.
 *
 * <p>{@link #text} is for people, {@link #json} for programs, and {@link #pprof} for {@code go tool
 * pprof}. The sample labels of the latter are {@code state}, {@code creator} and {@code name}, and
 * those of the goroutines, such as trace ids: {@code go tool pprof -tagfocus 'state=chan receive'}.
 *
 * @param total how many goroutines there are
 * @param isSampled whether there were so many that only some were looked at, so that the counts are
 *     extrapolated
 * @param groups the largest first
 */
public record GoroutineProfile(long total, boolean isSampled, List<Group> groups) {
  /** Of more goroutines, so many are looked at: a stack takes ten microseconds or more. */
  private static final int MOST = 10_000;

  /** So many goroutines of a group are named. */
  private static final int MOST_NAMED = 10;

  private static final double NANOS_PER_SECOND = 1e9;

  /**
   * Goroutines that are alike.
   *
   * @param state {@code waiting}, {@code waiting outside Heddle}, {@code monitor}, {@code running},
   *     {@code runnable, not started} or {@code leaked}
   * @param waitReason what they wait for in Heddle; null if they do not
   * @param count how many they are
   * @param longestNanos for how long at least the first of them has waited in Heddle; -1 if they do
   *     not
   * @param createdBy where they were created
   * @param stack the innermost frame first
   * @param labels which labels they have, the most frequent first; see {@link Labels}
   * @param names of some of them
   * @param keys what identifies some of them on the live page
   */
  public record Group(
      String state,
      @Nullable String waitReason,
      long count,
      long longestNanos,
      String createdBy,
      List<StackTraceElement> stack,
      List<Labelled> labels,
      List<String> names,
      List<Long> keys) {
    /** Copies the lists. */
    public Group {
      stack = List.copyOf(stack);
      labels = List.copyOf(labels);
      names = List.copyOf(names);
      keys = List.copyOf(keys);
    }

    /** What they wait for in Heddle, else their state. */
    String doing() {
      return waitReason == null ? state : waitReason;
    }
  }

  /**
   * Goroutines of a group that have the same labels.
   *
   * @param labels names and values; empty for those that have none
   * @param count how many they are
   */
  public record Labelled(Map<String, String> labels, long count) {
    /** Copies the map. */
    public Labelled {
      labels = Map.copyOf(labels);
    }
  }

  private record Key(
      String state, @Nullable String waitReason, String createdBy, List<StackTraceElement> stack) {}

  /** Copies the list. */
  public GoroutineProfile {
    groups = List.copyOf(groups);
  }

  /**
   * Takes a profile of the goroutines of all programs, which continue meanwhile. Of more than
   * 10,000 goroutines it looks at that many, evenly distributed.
   *
   * @return the profile
   */
  public static GoroutineProfile take() {
    return of(Inspection.get().goroutines(MOST));
  }

  static GoroutineProfile of(Inspection.Goroutines goroutines) {
    Map<Key, List<GoroutineState>> alike = new LinkedHashMap<>();
    for (GoroutineState one : goroutines.some()) {
      alike
          .computeIfAbsent(
              new Key(one.state(), one.waitReason(), place(one.createdBy()), one.stack()),
              none -> new ArrayList<>())
          .add(one);
    }
    int looked = goroutines.some().size();
    List<Group> groups = new ArrayList<>();
    alike.forEach((key, all) -> groups.add(group(key, all, goroutines.total(), looked)));
    groups.sort(Comparator.comparingLong(Group::count).reversed());
    return new GoroutineProfile(goroutines.total(), looked < goroutines.total(), groups);
  }

  private static Group group(Key key, List<GoroutineState> all, long total, int looked) {
    long count = all.size() * total / looked;
    return new Group(
        key.state,
        key.waitReason,
        count,
        all.stream().mapToLong(GoroutineState::waitedNanos).max().orElse(-1),
        key.createdBy,
        key.stack,
        labelled(all, count),
        all.stream().limit(MOST_NAMED).map(GoroutineProfile::nameOf).distinct().toList(),
        all.stream().limit(MOST_NAMED).map(GoroutineState::key).toList());
  }

  /** Shares out the count of a group, so that the parts have the same sum. */
  private static List<Labelled> labelled(List<GoroutineState> all, long count) {
    Map<Map<String, String>, Integer> found = new HashMap<>();
    all.forEach(one -> found.merge(one.labels(), 1, Integer::sum));
    List<Labelled> labelled = new ArrayList<>();
    long looked = 0;
    for (Map.Entry<Map<String, String>, Integer> one : found.entrySet()) {
      long before = looked * count / all.size();
      looked += one.getValue();
      labelled.add(new Labelled(one.getKey(), looked * count / all.size() - before));
    }
    labelled.sort(Comparator.comparingLong(Labelled::count).reversed());
    return labelled;
  }

  static String nameOf(GoroutineState one) {
    return one.name() == null ? "goroutine " + one.id() : one.name();
  }

  /** Where a goroutine was created, without the number of the one that created it. */
  private static String place(String createdBy) {
    return createdBy.replaceFirst(" in goroutine \\d+$", "");
  }

  /**
   * The goroutines that have leaked, as far as they have been found: see {@link Leaks}. Those whose
   * stack is unknown are counted with those that have the same wait reason and creator, if these
   * have only one stack.
   *
   * @return the profile
   */
  public static GoroutineProfile ofLeaks() {
    List<Group> groups = new ArrayList<>();
    for (Leak leak : withStacks(Leaks.found())) {
      groups.add(
          new Group(
              "leaked",
              leak.waitReason(),
              leak.count(),
              -1,
              leak.createdBy(),
              leak.stack(),
              List.of(new Labelled(Map.of(), leak.count())),
              leak.name() == null ? List.of() : List.of(leak.name()),
              List.of()));
    }
    groups.sort(Comparator.comparingLong(Group::count).reversed());
    return new GoroutineProfile(Leaks.count(), false, groups);
  }

  /** Counts leaks whose stack is unknown with those that can only have the same stack. */
  static List<Leak> withStacks(List<Leak> found) {
    Map<List<String>, List<Leak>> alike = new LinkedHashMap<>();
    for (Leak leak : found) {
      alike
          .computeIfAbsent(List.of(leak.waitReason(), leak.createdBy()), none -> new ArrayList<>())
          .add(leak);
    }
    List<Leak> counted = new ArrayList<>();
    for (List<Leak> some : alike.values()) {
      List<Leak> known = some.stream().filter(leak -> !leak.stack().isEmpty()).toList();
      if (known.stream().map(Leak::stack).distinct().count() == 1) {
        Leak first = known.getFirst();
        long unknown =
            some.stream().filter(leak -> leak.stack().isEmpty()).mapToLong(Leak::count).sum();
        counted.add(
            new Leak(
                first.count() + unknown,
                first.name(),
                first.waitReason(),
                first.stack(),
                first.createdBy()));
        counted.addAll(known.subList(1, known.size()));
      } else {
        counted.addAll(some);
      }
    }
    return counted;
  }

  /**
   * The profile for people, as Go's {@code debug=1}.
   *
   * @return several lines for each group
   */
  public String text() {
    StringBuilder text = new StringBuilder("goroutine profile: total ").append(total).append('\n');
    if (isSampled) {
      text.append("counts are extrapolated from a sample\n");
    }
    for (Group group : groups) {
      text.append('\n').append(group.count).append(" @ [").append(group.doing());
      if (group.longestNanos >= NANOS_PER_SECOND) {
        text.append(", up to ").append(seconds(group.longestNanos));
      }
      text.append("] ").append(String.join(", ", group.names)).append('\n');
      group.labels.stream()
          .filter(one -> !one.labels.isEmpty())
          .limit(MOST_NAMED)
          .forEach(one ->
              text.append("# labels: ")
                  .append(Json.of(new TreeMap<>(one.labels)))
                  .append(one.count == group.count ? "" : " of " + one.count)
                  .append('\n'));
      group.stack.forEach(frame -> text.append("\tat ").append(frame).append('\n'));
      text.append("created by ").append(group.createdBy).append('\n');
    }
    return text.toString();
  }

  private static String seconds(long nanos) {
    return Duration.ofSeconds((long) (nanos / NANOS_PER_SECOND))
        .toString()
        .substring("PT".length())
        .toLowerCase(java.util.Locale.ROOT);
  }

  /**
   * The profile for programs: an object of JSON with the members of this record.
   *
   * @return JSON in ASCII characters
   */
  public String json() {
    return Json.of(
        Json.object(
            "total",
            total,
            "isSampled",
            isSampled,
            "groups",
            groups.stream().map(GoroutineProfile::json).toList()));
  }

  static Map<String, @Nullable Object> json(Group group) {
    return Json.object(
        "state", group.state,
        "waitReason", group.waitReason,
        "count", group.count,
        "longestNanos", group.longestNanos < 0 ? null : group.longestNanos,
        "createdBy", group.createdBy,
        "stack", group.stack,
        "labels",
            group.labels.stream()
                .filter(one -> !one.labels.isEmpty())
                .limit(MOST_NAMED)
                .map(one -> Json.object("labels", new TreeMap<>(one.labels), "count", one.count))
                .toList(),
        "names", group.names,
        "keys", group.keys.stream().map(String::valueOf).toList()); // too large for JavaScript
  }

  /**
   * The profile for {@code go tool pprof}.
   *
   * @return a compressed message of protocol buffers
   */
  public byte[] pprof() {
    Pprof pprof = new Pprof("goroutine", "count");
    for (Group group : groups) {
      for (Labelled some : group.labels) {
        Map<String, String> labels = new TreeMap<>(some.labels);
        labels.put("state", group.doing());
        labels.put("creator", group.createdBy);
        if (!group.names.isEmpty()) {
          labels.put("name", group.names.getFirst());
        }
        pprof.add(group.stack, labels, some.count);
      }
    }
    return pprof.bytes(Time.unixNanos(), 0);
  }
}
