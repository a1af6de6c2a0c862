package io.heddle.race.agent;

import java.util.Set;

/** The types whose objects are checked as a whole, and which of their methods only read. */
final class Collections {
  private static final Set<String> TYPES =
      words(
          """
          java/lang/Iterable java/lang/StringBuilder java/lang/StringBuffer
          java/util/Collection java/util/SequencedCollection java/util/List
          java/util/Queue java/util/Deque java/util/Set java/util/SequencedSet java/util/SortedSet java/util/NavigableSet
          java/util/Map java/util/SequencedMap java/util/SortedMap java/util/NavigableMap
          java/util/ArrayList java/util/LinkedList java/util/ArrayDeque java/util/PriorityQueue
          java/util/HashMap java/util/LinkedHashMap java/util/TreeMap
          java/util/IdentityHashMap java/util/WeakHashMap java/util/EnumMap
          java/util/HashSet java/util/LinkedHashSet java/util/TreeSet java/util/BitSet
          java/util/Vector java/util/Stack java/util/Hashtable java/util/Properties
          """);

  private static final Set<String> READS =
      words(
          """
          get getOrDefault getFirst getLast size length isEmpty
          contains containsAll containsKey containsValue indexOf lastIndexOf
          iterator listIterator spliterator stream parallelStream forEach toArray
          entrySet keySet values subList reversed sequencedKeySet sequencedValues sequencedEntrySet
          equals hashCode toString compareTo clone getClass
          peek peekFirst peekLast element first last firstKey lastKey firstEntry lastEntry
          floorKey ceilingKey lowerKey higherKey floorEntry ceilingEntry lowerEntry higherEntry
          floor ceiling lower higher headMap tailMap subMap headSet tailSet subSet
          descendingMap descendingSet descendingIterator descendingKeySet navigableKeySet comparator
          charAt substring subSequence chars getChars capacity
          codePointAt codePoints codePointBefore codePointCount offsetByCodePoints
          cardinality intersects nextSetBit nextClearBit previousSetBit previousClearBit
          toLongArray toByteArray elementAt firstElement lastElement search elements keys getProperty
          """);

  /** What they return shows the collection itself. */
  private static final Set<String> VIEWS =
      words(
          """
          keySet values entrySet sequencedKeySet sequencedValues sequencedEntrySet
          navigableKeySet descendingKeySet descendingMap descendingSet
          headMap tailMap subMap headSet tailSet subSet subList reversed getMap
          """);

  /** What they return hands out the elements later. */
  private static final Set<String> HANDS_OUT =
      words(
          "iterator listIterator descendingIterator elements keys spliterator stream parallelStream");

  /** They put there what a function returns. */
  private static final Set<String> UPDATES =
      words("compute computeIfAbsent computeIfPresent merge replaceAll removeIf sort");

  private Collections() {}

  static Set<String> words(String text) {
    return Set.of(text.split("\\s+"));
  }

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
