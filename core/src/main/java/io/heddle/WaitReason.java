package io.heddle;

/**
 * Why a goroutine sleeps, as dumps and exceptions show it: the words of Go's dumps for what is part
 * of Go's language and runtime, and else the operation's name in Java.
 */
enum WaitReason {
  CHAN_SEND("chan send"),
  CHAN_RECEIVE("chan receive"),
  SELECT("select"),
  SELECT_NO_CASES("select (no cases)"),
  SLEEP("sleep"),
  MUTEX_LOCK("Mutex.lock"),
  RWMUTEX_RLOCK("RWMutex.reading().lock"),
  RWMUTEX_LOCK("RWMutex.lock"),
  COND_WAIT("Cond.await"),
  WAIT_GROUP("WaitGroup.await"),
  SEMAPHORE("Semaphore.acquire"),
  JOIN("Goroutine.join", true),
  TASK_GROUP("TaskGroup.await", true),
  TASK_GROUP_GO("TaskGroup.go"),
  RACE("race", true),
  SINGLE_FLIGHT("SingleFlight.run", true),
  DONE("Context.done"),
  TIMER("timer receive"),
  FUTURE("Future.get"),
  SETTLE("Bubble.settle");

  private final String text;

  private final boolean joins;

  WaitReason(String text) {
    this(text, false);
  }

  WaitReason(String text, boolean joins) {
    this.text = text;
    this.joins = joins;
  }

  /** Whether the wait is for the end of goroutines, which is not their success. */
  boolean joins() {
    return joins;
  }

  /** Identifies it in a recording of this JVM. */
  @SuppressWarnings("EnumOrdinal") // never kept
  int number() {
    return ordinal();
  }

  @Override
  public String toString() {
    return text;
  }
}
