package io.heddle.race.agent;

import java.util.Set;

/** The types whose objects are checked as a whole, and which of their methods only read. */
final class Collections {
  private static final Set<String> TYPES =
      Set.of(
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
          "getClass");

  private Collections() {}

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

  static boolean reads(String method) {
    return READS.contains(method);
  }
}
