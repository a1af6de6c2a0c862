package io.heddle.race.hook;

import io.heddle.race.clock.SyncVar;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** How the objects of a class may be used by several threads. */
enum CollectionKind {
  /** Safe for use by several threads: each call releases and acquires. */
  SAFE,

  /** So, and what it calls back runs with its lock held. */
  LOCKED,

  /** A view of another collection, and as safe as that. */
  VIEW,

  /** Calls read or write the object. */
  PLAIN,

  /** Every call writes the object. */
  READ_WRITES,

  /** Not known, or immutable. */
  OTHER;

  private static final Set<String> LOCKED_NAMES =
      Set.of(
          "java.util.concurrent.ArrayBlockingQueue",
          "java.util.concurrent.PriorityBlockingQueue",
          "java.util.Vector",
          "java.util.Stack",
          "java.util.Hashtable",
          "java.util.Properties",
          "java.lang.StringBuffer");

  private static final Set<String> PLAIN_NAMES =
      Set.of(
          "java.util.ArrayList",
          "java.util.LinkedList",
          "java.util.ArrayDeque",
          "java.util.PriorityQueue",
          "java.util.HashMap",
          "java.util.LinkedHashMap",
          "java.util.TreeMap",
          "java.util.IdentityHashMap",
          "java.util.EnumMap",
          "java.util.RegularEnumSet",
          "java.util.JumboEnumSet",
          "java.util.HashSet",
          "java.util.LinkedHashSet",
          "java.util.TreeSet",
          "java.util.BitSet",
          "java.lang.StringBuilder");

  private static final List<String> VIEWS =
      List.of(
          "java.util.Collections$Unmodifiable",
          "java.util.Collections$Checked",
          "java.util.Collections$SetFromMap",
          "java.util.Collections$SequencedSetFromMap",
          "java.util.Collections$AsLIFOQueue",
          "java.util.ReverseOrder");

  private static final ClassValue<CollectionKind> KINDS =
      new ClassValue<>() {
        @Override
        protected CollectionKind computeValue(Class<?> type) {
          return find(type);
        }
      };

  static CollectionKind of(Class<?> type) {
    return KINDS.get(type);
  }

  /**
   * The clock of a collection that several threads may use.
   *
   * @param collection any object
   * @return null if the object is not such a collection
   */
  static @Nullable SyncVar clock(Object collection) {
    return clock(collection, of(collection.getClass()));
  }

  static @Nullable SyncVar clock(Object collection, CollectionKind kind) {
    return switch (kind) {
      case SAFE, LOCKED -> SyncVar.of(collection);
      case VIEW -> SyncVar.known(collection);
      case PLAIN, READ_WRITES, OTHER -> null;
    };
  }

  private static CollectionKind find(Class<?> type) {
    for (Class<?> at = type; at != null; at = at.getSuperclass()) {
      String name = at.getName();
      if (LOCKED_NAMES.contains(name) || name.startsWith("java.util.Collections$Synchronized")) {
        return LOCKED;
      } else if (name.startsWith("java.util.concurrent.")) {
        return SAFE;
      } else if (VIEWS.stream().anyMatch(name::startsWith)) {
        return VIEW;
      } else if (PLAIN_NAMES.contains(name)) {
        return PLAIN;
      } else if (name.equals("java.util.WeakHashMap")) {
        return READ_WRITES;
      }
    }
    return OTHER;
  }
}
