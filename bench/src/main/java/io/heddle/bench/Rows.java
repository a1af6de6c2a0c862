package io.heddle.bench;

import java.util.Set;

/** What the measurement has to know of single benchmarks. */
final class Rows {
  private Rows() {}

  /** No round has more operations: a channel of that size has to fit into memory. */
  static final long MOST = 100_000_000;

  /** One operation of these depends on how many there are: every peer gets the same number. */
  private static final Set<String> SIZED =
      Set.of(
          "ReceiveDataFromClosedChan", "CreateGoroutines", "CreateGoroutinesParallel", "Matmult");

  /** What stands for the rest with {@code --quick}. */
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

  /**
   * Rows that run no code of Heddle's: what Go has in sync and sync/atomic, and Java in the JDK.
   */
  static boolean isJdk(String name) {
    return name.startsWith("Map") || name.startsWith("HashTrieMap") || name.equals("ValueRead");
  }

  /** A row in which channels or select are all that is measured. */
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

  /** The number of operations that are done together: fewer would do nothing. */
  static long unit(String name) {
    if (name.startsWith("Parallel/") || name.startsWith("Chained/")) {
      return 10_000;
    }
    return name.startsWith("ChanSync") || name.contains("ProdCons") ? 2_000 : 1;
  }
}
