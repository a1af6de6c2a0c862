package io.heddle;

import static java.util.stream.Collectors.toUnmodifiableMap;

import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

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
  AWAIT("Goroutine.await", true),
  RUN("Go.run", true),
  TASK_GROUP("TaskGroup.await", true),
  TASK_GROUP_CLOSE("TaskGroup.close", true),
  TASK_GROUP_GO("TaskGroup.go"),
  RACE("race", true),
  SINGLE_FLIGHT("SingleFlight.run", true),
  DONE("Context.done"),
  TIMER("timer receive"),
  FUTURE("Future.get"),
  SETTLE("Bubble.settle"),
  ONCE("Once.run"),
  ONCE_VALUE("OnceValue.get"),
  FEED_CLOSE("Feed.close", true),
  PIPELINE_RUN("Pipeline.run"),
  PIPELINE_CALL("Pipeline.call"),
  RATE_LIMITER("RateLimiter.acquire"),
  ADAPTIVE_LIMITER("AdaptiveLimiter.acquire"),
  SCOPE_JOIN("StructuredTaskScope.join"),
  SCOPE_CLOSE("StructuredTaskScope.close"),
  EXECUTOR_AWAIT("GoroutineExecutor.awaitTermination"),
  EXECUTOR_CLOSE("GoroutineExecutor.close"),
  INVOKE_ALL("GoroutineExecutor.invokeAll"),
  INVOKE_ANY("GoroutineExecutor.invokeAny");

  private static final WaitReason[] ALL = values();

  private static final Map<String, WaitReason> BY_TEXT =
      Arrays.stream(ALL).collect(toUnmodifiableMap(WaitReason::toString, reason -> reason));

  private final String text;

  private final boolean joins;

  @SuppressWarnings("EnumOrdinal") // never kept
  private final byte number = (byte) (ordinal() + 1);

  WaitReason(String text) {
    this(text, false);
  }

  WaitReason(String text, boolean joins) {
    this.text = text;
    this.joins = joins;
  }

  /** The reason with this text, which must be one. */
  static WaitReason of(String text) {
    return Objects.requireNonNull(BY_TEXT.get(text), text);
  }

  /** The reason with this {@link #number}, null if no reason has it. */
  static @Nullable WaitReason of(int number) {
    return number > 0 && number <= ALL.length ? ALL[number - 1] : null;
  }

  /** Whether the wait is for the end of one goroutine, by a call on its handle or its owner. */
  boolean joinsOne() {
    return this == JOIN || this == AWAIT || this == FEED_CLOSE;
  }

  /** Whether the wait is for the end of goroutines, which is not their success. */
  boolean joins() {
    return joins;
  }

  /** Identifies it in goroutines and recordings of this JVM. At least 1. */
  byte number() {
    return number;
  }

  @Override
  public String toString() {
    return text;
  }
}
