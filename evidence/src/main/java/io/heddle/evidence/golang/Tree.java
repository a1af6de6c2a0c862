package io.heddle.evidence.golang;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The description of a program: a small language with what Go and Heddle have in common.
 *
 * <p>Variables are numbered through a program and declared once. A goroutine uses those declared
 * around it only if they do not change any more; variables that several goroutines change are a
 * {@link Kind#CELL} or a {@link Kind#COUNTER}.
 *
 * <p>Forms choose between calls of Heddle that mean the same thing in Go: the operation itself, the
 * one that takes a context, a select with nothing else in it, and so on.
 */
final class Tree {
  /** For optional variables: none. */
  static final int NONE = -1;

  private Tree() {}

  /**
   * A program.
   *
   * @param seed what it was made from
   * @param variables how many it has
   * @param body the main function
   * @param answer the variable that holds the answer at the end
   */
  record Program(long seed, int variables, List<Stmt> body, int answer) {}

  /** What a variable can refer to. */
  enum Kind {
    /** A channel of numbers; the size is its capacity. */
    CHAN,
    NIL_CHAN,
    /** A channel of channels of numbers. */
    CHAN_OF_CHANS,
    MUTEX,
    RWMUTEX,
    /** A condition of a mutex. */
    COND,
    WAIT_GROUP,
    ONCE,
    /** A shared number that is guarded by something else; the size is its first value. */
    CELL,
    /** A shared number that is changed atomically. */
    COUNTER,
    /** A context that can be cancelled, below another one. */
    CONTEXT,
    /** A context below one that is not the library's. */
    WRAPPED_CONTEXT,
    /** A context that ends after some time; the size is in milliseconds. */
    TIMEOUT,
  }

  /** A number. */
  sealed interface Expr {}

  record Const(long value) implements Expr {}

  record Var(int variable) implements Expr {}

  /** Addition, subtraction, multiplication or exclusive or, on 64 bits. */
  record Op(char sign, Expr left, Expr right) implements Expr {}

  record Remainder(Expr of, long by) implements Expr {}

  record Load(int cell) implements Expr {}

  record LoadCounter(int counter) implements Expr {}

  record Len(int chan) implements Expr {}

  record Cap(int chan) implements Expr {}

  /** 0 while the context is not done, 1 if it was cancelled, 2 if its time is over. */
  record Err(int context) implements Expr {}

  /** A comparison; the relation is {@code ==}, {@code !=} or {@code <}. */
  record Test(String relation, Expr left, Expr right) {}

  sealed interface Stmt {}

  record Let(int variable, Expr value) implements Stmt {}

  record Set(int variable, Expr value) implements Stmt {}

  record Make(int variable, Kind kind, long size, int of) implements Stmt {}

  record Store(int cell, Expr value) implements Stmt {}

  /** Adds to a counter; the variable is declared with the sum. */
  record Count(int variable, int counter, Expr value) implements Stmt {}

  record Send(int chan, Expr value, int form) implements Stmt {}

  /** Declares the variable with what is received, and another with whether there was anything. */
  record Receive(int variable, int ok, int chan, int form) implements Stmt {}

  record SendChan(int chan, int value) implements Stmt {}

  record ReceiveChan(int variable, int chan) implements Stmt {}

  record Close(int chan) implements Stmt {}

  record Range(int chan, int variable, List<Stmt> body, int form) implements Stmt {}

  /** A select; without a default it waits. */
  record Select(List<Arm> arms, @Nullable List<Stmt> otherwise, int form) implements Stmt {}

  /** A case of a select, which takes part when the test holds, or always. */
  sealed interface Arm {
    @Nullable Test when();

    List<Stmt> body();
  }

  record OnReceive(int chan, int variable, int ok, @Nullable Test when, List<Stmt> body)
      implements Arm {}

  record OnSend(int chan, Expr value, @Nullable Test when, List<Stmt> body) implements Arm {}

  record OnDone(int context, @Nullable Test when, List<Stmt> body) implements Arm {}

  record OnTime(int millis, @Nullable Test when, List<Stmt> body) implements Arm {}

  record For(int variable, int times, List<Stmt> body) implements Stmt {}

  record While(Test test, List<Stmt> body) implements Stmt {}

  record If(Test test, List<Stmt> then, List<Stmt> otherwise) implements Stmt {}

  /**
   * Starts a goroutine.
   *
   * @param group a wait group that waits for it, or none
   * @param context under which Heddle starts it, or none; Go has no such thing
   */
  record Start(List<Stmt> body, int group, int context) implements Stmt {}

  record Add(int group, long delta) implements Stmt {}

  record Done(int group) implements Stmt {}

  record Wait(int group, int form) implements Stmt {}

  record Lock(int mutex, int form) implements Stmt {}

  record Unlock(int mutex) implements Stmt {}

  /** Declares the variable: 1 if the mutex was locked, 0 if not. */
  record TryLock(int variable, int mutex) implements Stmt {}

  record LockReading(int mutex, int form) implements Stmt {}

  record UnlockReading(int mutex) implements Stmt {}

  record Await(int cond) implements Stmt {}

  record Signal(int cond) implements Stmt {}

  record Broadcast(int cond) implements Stmt {}

  record Once(int once, List<Stmt> body) implements Stmt {}

  record Cancel(int context) implements Stmt {}

  /** Runs the body; the variable is declared with the number of the panic that ended it, or 0. */
  record Try(int variable, List<Stmt> body) implements Stmt {}

  record Panic(int number) implements Stmt {}

  record Yield() implements Stmt {}

  record Sleep(int micros) implements Stmt {}

  /** A select with no cases. */
  record Block() implements Stmt {}
}
