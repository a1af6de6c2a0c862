package io.heddle.race.hook;

import java.util.Set;

/** How the objects of a class may be used by several threads. */
enum CollectionKind {
  /** Safe for use by several threads: each call releases and acquires. */
  SAFE,

  /** Calls read or write the object. */
  PLAIN,

  /** Every call writes the object. */
  READ_WRITES,

  /** Not known, or immutable. */
  OTHER;

  private static final Set<String> SAFE_NAMES =
      Set.of(
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

  private static CollectionKind find(Class<?> type) {
    for (Class<?> at = type; at != null; at = at.getSuperclass()) {
      String name = at.getName();
      if (SAFE_NAMES.contains(name)
          || name.startsWith("java.util.concurrent.")
          || name.startsWith("java.util.Collections$Synchronized")) {
        return SAFE;
      } else if (PLAIN_NAMES.contains(name)) {
        return PLAIN;
      } else if (name.equals("java.util.WeakHashMap")) {
        return READ_WRITES;
      }
    }
    return OTHER;
  }
}
