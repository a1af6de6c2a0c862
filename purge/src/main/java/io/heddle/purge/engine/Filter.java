package io.heddle.purge.engine;

import io.heddle.purge.Details;
import io.heddle.purge.Property;
import io.heddle.purge.keys.KeyLine;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Selects keys by what the store records about them. All conditions must hold. A key whose
 * properties change after they were read may be deleted nevertheless.
 *
 * @param type the type of the value; null for any
 * @param noTtl whether the key must have no time to live
 * @param ttlOver the key must expire later than this, or never; null for any time
 * @param idleOver the key must not have been read or written for longer than this
 * @param olderThan the last write must be longer ago than this
 * @param largerThan the key must have more bytes than this
 */
public record Filter(
    @Nullable String type,
    boolean noTtl,
    @Nullable Duration ttlOver,
    @Nullable Duration idleOver,
    @Nullable Duration olderThan,
    @Nullable Long largerThan) {
  /** No condition. */
  public static final Filter NONE = new Filter(null, false, null, null, null, null);

  /** Whether there is no condition. */
  public boolean isNone() {
    return equals(NONE);
  }

  /** The properties that the conditions are about, each with the option that asks for it. */
  public Map<Property, String> options() {
    Map<Property, String> options = new LinkedHashMap<>();
    put(options, Property.TYPE, "--type", type != null);
    put(options, Property.TTL, "--ttl-over", ttlOver != null);
    put(options, Property.TTL, "--no-ttl", noTtl);
    put(options, Property.IDLE, "--idle-over", idleOver != null);
    put(options, Property.MODIFIED, "--older-than", olderThan != null);
    put(options, Property.SIZE, "--larger-than", largerThan != null);
    return options;
  }

  private static void put(
      Map<Property, String> options, Property property, String option, boolean isUsed) {
    if (isUsed) {
      options.put(property, option);
    }
  }

  /**
   * The properties that the conditions are about.
   *
   * @return a set that the caller may modify
   */
  Set<Property> needs() {
    Set<Property> needs = EnumSet.noneOf(Property.class);
    needs.addAll(options().keySet());
    return needs;
  }

  /**
   * Whether a key with these details is selected. A property that is unknown is no match. All times
   * are judged as of one instant, so that a long run selects the same keys from its beginning to
   * its end.
   *
   * @param at the instant as of which times are judged
   * @param read when the details were read
   */
  boolean test(Details key, Instant at, Instant read) {
    // A clock that was set back must not make keys look older.
    Duration since = read.isBefore(at) ? Duration.ZERO : Duration.between(at, read);
    Duration ttl = key.ttl();
    return (type == null || type.equals(key.type()))
        && (!noTtl || Details.NEVER.equals(ttl))
        && isOver(ttlOver, ttl == null || Details.NEVER.equals(ttl) ? ttl : ttl.plus(since))
        && isOver(idleOver, key.idle() == null ? null : key.idle().minus(since))
        && isOver(olderThan, key.modified() == null ? null : Duration.between(key.modified(), at))
        && (largerThan == null || (key.size() != null && key.size() > largerThan));
  }

  private static boolean isOver(@Nullable Duration limit, @Nullable Duration time) {
    return limit == null || (time != null && time.compareTo(limit) > 0);
  }

  /** The conditions in the form of options, empty if absent. */
  @Override
  public String toString() {
    Map<String, String> words = new LinkedHashMap<>();
    if (type != null) {
      words.put("--type", " " + KeyLine.quoted(type));
    }
    if (noTtl) {
      words.put("--no-ttl", "");
    }
    put(words, "--ttl-over", ttlOver);
    put(words, "--idle-over", idleOver);
    put(words, "--older-than", olderThan);
    if (largerThan != null) {
      words.put("--larger-than", " " + largerThan);
    }
    return words.entrySet().stream()
        .map(word -> word.getKey() + word.getValue())
        .collect(Collectors.joining(" "));
  }

  private static void put(Map<String, String> words, String option, @Nullable Duration time) {
    if (time != null) {
      words.put(option, " " + time.toMillis() + "ms");
    }
  }
}
