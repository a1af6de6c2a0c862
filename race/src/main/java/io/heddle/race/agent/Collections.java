package io.heddle.race.agent;

import java.util.Set;

/** The types whose objects are checked as a whole, and which of their methods only read. */
final class Collections {
  private static final Set<String> TYPES =
      Set.of(
          "java/lang/Iterable",
          "java/util/Collection",
          "java/util/SequencedCollection",
          "java/util/SequencedMap",
          "java/util/SequencedSet",
          "java/util/List",
          "java/util/Set",
          "java/util/SortedSet",
          "java/util/NavigableSet",
          "java/util/Map",
          "java/util/SortedMap",
          "java/util/NavigableMap",
          "java/util/Queue",
          "java/util/Deque",
          "java/util/ArrayList",
          "java/util/LinkedList",
          "java/util/ArrayDeque",
          "java/util/PriorityQueue",
          "java/util/HashMap",
          "java/util/LinkedHashMap",
          "java/util/TreeMap",
          "java/util/IdentityHashMap",
          "java/util/WeakHashMap",
          "java/util/EnumMap",
          "java/util/HashSet",
          "java/util/LinkedHashSet",
          "java/util/TreeSet",
          "java/util/BitSet",
          "java/util/Vector",
          "java/util/Stack",
          "java/util/Hashtable",
          "java/util/Properties",
          "java/lang/StringBuilder",
          "java/lang/StringBuffer");

  private static final Set<String> READS =
      Set.of(
          "get",
          "getOrDefault",
          "getFirst",
          "getLast",
          "size",
          "length",
          "isEmpty",
          "contains",
          "containsAll",
          "containsKey",
          "containsValue",
          "indexOf",
          "lastIndexOf",
          "iterator",
          "listIterator",
          "spliterator",
          "stream",
          "parallelStream",
          "forEach",
          "toArray",
          "entrySet",
          "keySet",
          "values",
          "subList",
          "reversed",
          "equals",
          "hashCode",
          "toString",
          "peek",
          "peekFirst",
          "peekLast",
          "element",
          "first",
          "last",
          "firstKey",
          "lastKey",
          "firstEntry",
          "lastEntry",
          "floorKey",
          "ceilingKey",
          "lowerKey",
          "higherKey",
          "floorEntry",
          "ceilingEntry",
          "lowerEntry",
          "higherEntry",
          "floor",
          "ceiling",
          "lower",
          "higher",
          "headMap",
          "tailMap",
          "subMap",
          "headSet",
          "tailSet",
          "subSet",
          "descendingMap",
          "descendingSet",
          "descendingIterator",
          "descendingKeySet",
          "navigableKeySet",
          "comparator",
          "charAt",
          "substring",
          "codePointAt",
          "cardinality",
          "nextSetBit",
          "nextClearBit",
          "elementAt",
          "firstElement",
          "lastElement",
          "search",
          "elements",
          "keys",
          "getProperty",
          "compareTo",
          "capacity",
          "clone",
          "subSequence",
          "chars",
          "getChars",
          "toLongArray",
          "toByteArray",
          "previousSetBit",
          "previousClearBit",
          "intersects",
          "codePoints",
          "codePointBefore",
          "codePointCount",
          "offsetByCodePoints",
          "sequencedKeySet",
          "sequencedValues",
          "sequencedEntrySet",
          "getClass");

  /** What they return shows the collection itself. */
  private static final Set<String> VIEWS =
      Set.of(
          "keySet",
          "values",
          "entrySet",
          "sequencedKeySet",
          "sequencedValues",
          "sequencedEntrySet",
          "navigableKeySet",
          "descendingKeySet",
          "descendingMap",
          "descendingSet",
          "headMap",
          "tailMap",
          "subMap",
          "headSet",
          "tailSet",
          "subSet",
          "subList",
          "reversed",
          "getMap");

  /** What they return hands out the elements later. */
  private static final Set<String> HANDS_OUT =
      Set.of(
          "iterator",
          "listIterator",
          "descendingIterator",
          "elements",
          "keys",
          "spliterator",
          "stream",
          "parallelStream");

  /** They put there what a function returns. */
  private static final Set<String> UPDATES =
      Set.of(
          "compute",
          "computeIfAbsent",
          "computeIfPresent",
          "merge",
          "replaceAll",
          "removeIf",
          "sort");

  private Collections() {}

  /** The hooks around a call. */
  static Contracts.Call contract(String method) {
    String before =
        UPDATES.contains(method)
            ? "updateCollection"
            : READS.contains(method) ? "readCollection" : "writeCollection";
    if (VIEWS.contains(method)) {
      return new Contracts.Call(before, "viewed", true);
    }
    return HANDS_OUT.contains(method)
        ? new Contracts.Call(before, "handsOut", true)
        : new Contracts.Call(before, "leaveCollection", false);
  }

  /** Whether a method of {@link java.util.Collections} returns a view of its argument. */
  static boolean makesView(String method) {
    return method.startsWith("unmodifiable")
        || method.startsWith("synchronized")
        || method.startsWith("checked")
        || method.equals("newSetFromMap")
        || method.equals("newSequencedSetFromMap")
        || method.equals("asLifoQueue");
  }

  static boolean isCollection(String owner) {
    return TYPES.contains(owner)
        || (owner.startsWith("java/util/concurrent/")
            && (owner.endsWith("Queue")
                || owner.endsWith("Deque")
                || owner.endsWith("Map")
                || owner.endsWith("Set")
                || owner.endsWith("List")
                || owner.endsWith("KeySetView")));
  }
}
