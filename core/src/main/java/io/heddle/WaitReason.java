package io.heddle;

/** Why a goroutine sleeps, in the words of Go's goroutine dumps. */
enum WaitReason {
  CHAN_SEND("chan send"),
  CHAN_RECEIVE("chan receive"),
  SELECT("select"),
  SELECT_NO_CASES("select (no cases)"),
  SLEEP("sleep"),
  MUTEX_LOCK("sync.Mutex.Lock"),
  RWMUTEX_RLOCK("sync.RWMutex.RLock"),
  RWMUTEX_LOCK("sync.RWMutex.Lock"),
  COND_WAIT("sync.Cond.Wait"),
  WAIT_GROUP("sync.WaitGroup.Wait"),
  SEMAPHORE("semaphore acquire"),
  JOIN("goroutine join"),
  DONE("context done"),
  TIMER("timer receive"),
  FUTURE("future get"),
  SETTLE("bubble settle");

  private final String text;

  WaitReason(String text) {
    this.text = text;
  }

  @Override
  public String toString() {
    return text;
  }
}
