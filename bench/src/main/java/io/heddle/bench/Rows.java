package io.heddle.bench;

import java.util.Set;

/** Special properties of single benchmarks. */
final class Rows {
  private Rows() {}

  /** The limit of operations in a round: a channel of that size must fit into memory. */
  static final long MOST = 100_000_000;

  /** The cost of an operation depends on their number, which is therefore the same for all. */
  private static final Set<String> SIZED =
      Set.of(
          "ReceiveDataFromClosedChan", "CreateGoroutines", "CreateGoroutinesParallel", "Matmult");

  /** The selection for {@code --quick}. */
  private static final Set<String> QUICK =
      Set.of(
          "ChanSync",
          "ChanProdCons0",
          "ChanProdCons10",
          "ChanProdCons100",
          "ChanUncontended",
          "ChanContended",
          "ChanNonblocking",
          "ChanCreation",
          "ChanSem",
          "SelectUncontended",
          "SelectSyncContended",
          "SelectAsyncContended",
          "SelectProdCons",
          "CreateGoroutines",
          "CreateGoroutinesSingle",
          "Mutex",
          "RWMutexWorkWrite100",
          "Cond1",
          "Once",
          "WaitGroupActuallyWait",
          "CommonParentCancel",
          "WithTimeout/40",
          "After",
          "ErrGroup");

  /** Rows without Heddle's own code: Go's sync and sync/atomic, and the JDK's counterparts. */
  static boolean isJdk(String name) {
    return name.startsWith("Map") || name.startsWith("HashTrieMap") || name.equals("ValueRead");
  }

  /** Whether a row measures only channels or select. */
  static boolean isChannelOrSelect(String name) {
    return name.startsWith("Chan")
        || name.startsWith("Select")
        || name.startsWith("OnePair")
        || name.startsWith("Parallel/")
        || name.equals("ReceiveDataFromClosedChan");
  }

  static boolean isSized(String name) {
    return SIZED.contains(name) || name.startsWith("Parallel/") || name.startsWith("Chained/");
  }

  static Set<String> quick() {
    return QUICK;
  }

  static boolean isQuick(String name) {
    return QUICK.contains(name);
  }

  /** The number of operations that belong together: fewer would do nothing. */
  static long unit(String name) {
    if (name.startsWith("Parallel/") || name.startsWith("Chained/")) {
      return 10_000;
    }
    return name.startsWith("ChanSync") || name.contains("ProdCons") ? 2_000 : 1;
  }
}
