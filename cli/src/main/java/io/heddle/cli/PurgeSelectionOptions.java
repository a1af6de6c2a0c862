package io.heddle.cli;

import io.heddle.purge.Property;
import io.heddle.purge.Store;
import io.heddle.purge.engine.Filter;
import io.heddle.purge.engine.KeyPattern;
import io.heddle.purge.engine.Portion;
import io.heddle.purge.engine.Selection;
import io.heddle.purge.keys.KeyBytes;
import io.heddle.purge.keys.KeyLine;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of {@code heddle purge} that select keys. */
final class PurgeSelectionOptions {
  private static final Pattern SHARD = Pattern.compile("(\\d{1,5})/(\\d{1,5})");

  @Option(names = "--all", description = "All keys of the store.")
  boolean all;

  @Option(
      names = "--prefix",
      paramLabel = "TEXT",
      description =
          "Keys that begin with this, or with one of several if repeated. A prefix in quotation marks "
              + "is a JSON string, for prefixes that are not text: '\"a\\udcff\"'.")
  List<String> prefixes = List.of();

  @Option(
      names = "--match",
      paramLabel = "PATTERN",
      description =
          "Keys that match: a glob (* ? [a-z], * also matches /), or a regular expression "
              + "between slashes. If repeated, one of them must match.")
  List<String> match = List.of();

  @Option(
      names = "--exclude",
      paramLabel = "PATTERN",
      description = "Not these keys. May be repeated.")
  List<String> exclude = List.of();

  @Option(
      names = "--from",
      paramLabel = "KEY",
      description = "This key and those after it, in the order of their bytes.")
  @Nullable String from;

  @Option(
      names = "--before",
      paramLabel = "KEY",
      description = "Keys before this one, in the order of their bytes.")
  @Nullable String before;

  @Option(
      names = "--shard",
      paramLabel = "I/N",
      description =
          "The I-th of N shards, from 1: N processes with the same other options delete each key "
              + "once, without knowing of each other.")
  @Nullable String shard;

  @Option(
      names = "--type",
      paramLabel = "TYPE",
      description = "Keys whose value has this type: string, hash, list, set, … (redis).")
  @Nullable String type;

  @Option(names = "--no-ttl", description = "Keys that never expire (redis, etcd).")
  boolean noTtl;

  @Option(
      names = "--ttl-over",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "Keys that expire later than this, or never (redis, etcd).")
  @Nullable Duration ttlOver;

  @Option(
      names = "--idle-over",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "Keys that were not read or written for longer than this (redis).")
  @Nullable Duration idleOver;

  @Option(
      names = "--older-than",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "Keys that were last written longer ago than this (fastly, nats).")
  @Nullable Duration olderThan;

  @Option(
      names = "--larger-than",
      paramLabel = "BYTES",
      description = "Keys with a larger value; in redis, keys that use more memory.")
  @Nullable Long largerThan;

  @Option(
      names = "--keys-from",
      paramLabel = "FILE",
      description =
          "The keys of a file, as --dry-run, --json and --failed-keys write them: a line is a key,"
              + " a JSON string, or an object with a \"key\". - is standard input. The file is"
              + " read to its end before anything is deleted.")
  @Nullable Path keysFrom;

  @Option(
      names = {"-0", "--null"},
      description =
          "Keys are raw bytes, each followed by a NUL: in the file of --keys-from, and in the "
              + "output of --dry-run.")
  boolean isNullSeparated;

  @Option(
      names = "--details",
      description =
          "With --dry-run: print for each key a JSON object with the size, the age and what else the "
              + "store records. --keys-from reads this, too.")
  boolean details;

  @Option(
      names = "--if-generation-match",
      paramLabel = "N",
      description = "Delete a key only if it has this generation (fastly, with --keys-from).")
  @Nullable Long generation;

  /** Whether any option selects keys, other than by excluding some. */
  boolean isGiven() {
    return all || selects();
  }

  private boolean selects() {
    return !prefixes.isEmpty()
        || !match.isEmpty()
        || from != null
        || before != null
        || keysFrom != null
        || !filter().isNone();
  }

  /** What is wrong with the combination of options; null if it is fine. */
  @Nullable String problem(boolean dryRun) {
    if (all && (!prefixes.isEmpty() || !match.isEmpty() || keysFrom != null)) {
      return "--all goes without --prefix, --match and --keys-from";
    }
    if (generation != null && keysFrom == null) {
      return "--if-generation-match goes with --keys-from: a generation is one key's";
    }
    if (isNullSeparated && keysFrom == null && !dryRun) {
      return "--null goes with --keys-from or --dry-run";
    }
    if (details && !dryRun) {
      return "--details goes with --dry-run";
    }
    if (details && isNullSeparated && keysFrom == null) {
      return "--details writes JSON, and --null bytes: leave one of them out";
    }
    if (largerThan != null && largerThan < 0) {
      return "--larger-than is at least 0";
    }
    return null;
  }

  /**
   * The selection.
   *
   * @throws IllegalArgumentException if an option has a value that makes no sense
   */
  Selection selection() {
    return new Selection(
        prefixes.stream().map(text -> key("--prefix", text)).toList(),
        patterns("--match", match),
        patterns("--exclude", exclude),
        portion(),
        filter(),
        keysFrom,
        isNullSeparated);
  }

  private Filter filter() {
    return new Filter(type, noTtl, ttlOver, idleOver, olderThan, largerThan);
  }

  private Portion portion() {
    int number = 1;
    int count = 1;
    if (shard != null) {
      Matcher numbers = SHARD.matcher(shard);
      boolean isShard = numbers.matches();
      number = isShard ? Integer.parseInt(numbers.group(1)) : 0;
      count = isShard ? Integer.parseInt(numbers.group(2)) : 0;
      if (number < 1 || number > count) {
        throw new IllegalArgumentException("--shard is like 1/4, for the first of four shards");
      }
    }
    return new Portion(
        from == null ? null : key("--from", from),
        before == null ? null : key("--before", before),
        number,
        count);
  }

  /** A key or prefix: itself, or a JSON string. */
  private static String key(String option, String text) {
    String key;
    try {
      key = text.startsWith("\"") ? String.valueOf(KeyLine.key(text)) : text;
    } catch (KeyLine.BadLineException e) {
      throw new IllegalArgumentException(option + " " + text + " " + e.getMessage(), e);
    }
    if (key.isEmpty()) { // an empty variable in a script may cause this, also within quotes
      throw new IllegalArgumentException(option + " is empty: for all keys use --all");
    }
    if (!KeyBytes.isText(key)) { // comparing it would compare another key
      throw new IllegalArgumentException(option + " " + text + " is not the text of any bytes");
    }
    return key;
  }

  private static List<KeyPattern> patterns(String option, List<String> texts) {
    List<KeyPattern> patterns = new ArrayList<>();
    for (String text : texts) {
      if (text.isEmpty()) { // an empty variable in a script may cause this
        throw new IllegalArgumentException(option + " has an empty pattern");
      }
      try {
        boolean isRegex = text.length() > 1 && text.startsWith("/") && text.endsWith("/");
        patterns.add(
            isRegex
                ? KeyPattern.ofRegex(text.substring(1, text.length() - 1))
                : KeyPattern.ofGlob(text));
      } catch (PatternSyntaxException e) {
        throw new IllegalArgumentException(
            option + " '" + text + "' is not a pattern: " + e.getDescription(), e);
      }
    }
    return patterns;
  }

  /** Why a store cannot select by these options; null if it can. */
  @Nullable String unsupported(Store store) {
    Set<Property> known = store.properties();
    for (Map.Entry<Property, String> need : filter().options().entrySet()) {
      if (!known.contains(need.getKey())) {
        return need.getValue()
            + " is not possible: "
            + store.name()
            + " does not record the "
            + need.getKey()
            + " of a key, only: "
            + names(known);
      }
    }
    return details && known.isEmpty()
        ? "--details is not possible: " + store.name() + " records nothing about a key"
        : null;
  }

  private static String names(Set<Property> known) {
    return known.isEmpty()
        ? "nothing"
        : known.stream().map(Property::toString).sorted().collect(Collectors.joining(", "));
  }
}
