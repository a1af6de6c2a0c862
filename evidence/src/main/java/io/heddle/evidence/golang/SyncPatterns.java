package io.heddle.evidence.golang;

import static io.heddle.evidence.golang.Tree.*;

import java.util.ArrayList;
import java.util.List;

/** Goroutines that share memory under what the sync package has. */
final class SyncPatterns {
  static final List<Draft.Pattern> ALL =
      List.of(
          SyncPatterns::counter,
          SyncPatterns::counter,
          SyncPatterns::readers,
          SyncPatterns::rounds,
          SyncPatterns::queue,
          SyncPatterns::turns,
          SyncPatterns::once,
          SyncPatterns::onceThatPanics,
          SyncPatterns::groupReused);

  private SyncPatterns() {}

  /** How a section is guarded. */
  private enum Guard {
    MUTEX,
    WRITER,
    TRY,
    CHANNEL,
    FULL_CHANNEL
  }

  /** A plain number that many change, each under the same guard. */
  private static void counter(Draft draft, List<Stmt> body, int answer) {
    Guard guard = draft.pick(List.of(Guard.values()));
    int lock =
        switch (guard) {
          case MUTEX, TRY -> draft.make(body, Kind.MUTEX);
          case WRITER -> draft.make(body, Kind.RWMUTEX);
          case CHANNEL, FULL_CHANNEL -> draft.make(body, Kind.CHAN, 1);
        };
    if (guard == Guard.FULL_CHANNEL) {
      draft.send(body, lock, new Const(1));
    }
    int cell = draft.make(body, Kind.CELL, draft.between(0, 9));
    int group = draft.group(body);
    int rounds = draft.between(1, 10);
    draft.goEach(
        body,
        draft.between(1, 6),
        group,
        rounds,
        (loop, who, i) -> {
          int value = draft.work(loop, draft.let(loop, new Op('+', new Var(i), new Var(who))));
          enter(draft, loop, guard, lock);
          draft.add(loop, cell, new Var(value));
          switch (guard) {
            case MUTEX, TRY, WRITER -> loop.add(new Unlock(lock));
            case CHANNEL -> draft.receive(loop, lock);
            case FULL_CHANNEL -> draft.send(loop, lock, new Const(1));
          }
        });
    draft.await(body, group);
    draft.mix(body, answer, new Load(cell));
  }

  private static void enter(Draft draft, List<Stmt> body, Guard guard, int lock) {
    switch (guard) {
      case MUTEX, WRITER -> body.add(new Lock(lock, draft.form()));
      case TRY -> {
        int locked = draft.let(body, new Const(0));
        int now = draft.variable();
        body.add(
            new While(
                Draft.test(locked, "==", 0),
                List.of(
                    new TryLock(now, lock),
                    new Set(locked, new Var(now)),
                    new If(Draft.test(now, "==", 0), List.of(new Yield()), List.of()))));
      }
      case CHANNEL -> draft.send(body, lock, new Const(1));
      case FULL_CHANNEL -> draft.receive(body, lock);
    }
  }

  /** Two numbers that no reader sees apart; and readers that need each other inside. */
  private static void readers(Draft draft, List<Stmt> body, int answer) {
    int lock = draft.make(body, Kind.RWMUTEX);
    int one = draft.make(body, Kind.CELL);
    int other = draft.make(body, Kind.CELL);
    int wrong = draft.make(body, Kind.COUNTER);
    int group = draft.group(body);
    int rounds = draft.between(1, 6);
    draft.goEach(
        body,
        draft.between(1, 3),
        group,
        rounds,
        (loop, _, i) -> {
          loop.add(new Lock(lock, draft.form()));
          draft.add(loop, one, new Var(i));
          loop.add(new Yield());
          draft.add(loop, other, new Var(i));
          loop.add(new Unlock(lock));
        });
    draft.goEach(
        body,
        draft.between(1, 4),
        group,
        rounds,
        (loop, _, _) -> {
          loop.add(new LockReading(lock, draft.form()));
          loop.add(
              new If(
                  new Test("!=", new Load(one), new Load(other)),
                  List.of(new Count(draft.variable(), wrong, new Const(1))),
                  List.of()));
          loop.add(new UnlockReading(lock));
        });
    draft.await(body, group);
    // Two readers meet while both hold the lock: if they excluded each other this would not end.
    int meeting = draft.make(body, Kind.CHAN, 0);
    draft.go(
        body,
        go -> {
          go.add(new LockReading(lock, draft.form()));
          draft.send(go, meeting, new Load(one));
          go.add(new UnlockReading(lock));
        });
    body.add(new LockReading(lock, draft.form()));
    draft.mix(body, answer, new Var(draft.receive(body, meeting)));
    body.add(new UnlockReading(lock));
    draft.mix(body, answer, new LoadCounter(wrong));
  }

  /** A barrier after each round, in which everybody reads what its neighbour wrote. */
  private static void rounds(Draft draft, List<Stmt> body, int answer) {
    int size = draft.between(1, 5);
    int rounds = draft.between(1, 5);
    int mutex = draft.make(body, Kind.MUTEX);
    int turned = draft.make(body, Kind.COND, 0, mutex);
    int arrived = draft.make(body, Kind.CELL);
    int generation = draft.make(body, Kind.CELL);
    List<Integer> now = new ArrayList<>();
    List<Integer> next = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      now.add(draft.make(body, Kind.CELL, i + 1));
      next.add(draft.make(body, Kind.CELL));
    }
    int group = draft.group(body);
    for (int i = 0; i < size; i++) {
      int mine = i;
      draft.goRepeating(
          body,
          group,
          rounds,
          (loop, _) -> {
            Expr neighbour = new Op('*', new Load(now.get((mine + 1) % size)), new Const(3));
            int seen = draft.let(loop, new Op('+', neighbour, new Load(now.get(mine))));
            loop.add(new Store(next.get(mine), new Var(draft.work(loop, seen))));
            barrier(draft, loop, mutex, turned, arrived, generation, size);
            loop.add(new Store(now.get(mine), new Load(next.get(mine))));
            barrier(draft, loop, mutex, turned, arrived, generation, size);
          });
    }
    draft.await(body, group);
    now.forEach(cell -> draft.mix(body, answer, new Load(cell)));
  }

  private static void barrier(
      Draft draft, List<Stmt> body, int mutex, int turned, int arrived, int generation, int size) {
    body.add(new Lock(mutex, draft.form()));
    int mine = draft.let(body, new Load(generation));
    draft.add(body, arrived, new Const(1));
    body.add(
        new If(
            new Test("==", new Load(arrived), new Const(size)),
            List.of(
                new Store(arrived, new Const(0)),
                new Store(generation, new Op('+', new Load(generation), new Const(1))),
                new Broadcast(turned)),
            List.of(
                new While(
                    new Test("==", new Load(generation), new Var(mine)),
                    List.of(new Await(turned))))));
    body.add(new Unlock(mutex));
  }

  /** A queue of one place under a mutex with two conditions. */
  private static void queue(Draft draft, List<Stmt> body, int answer) {
    int mutex = draft.make(body, Kind.MUTEX);
    int notEmpty = draft.make(body, Kind.COND, 0, mutex);
    int notFull = draft.make(body, Kind.COND, 0, mutex);
    int full = draft.make(body, Kind.CELL);
    int item = draft.make(body, Kind.CELL);
    int producers = draft.between(1, 4);
    int items = draft.between(1, 6);
    draft.goEach(
        body,
        producers,
        NONE,
        items,
        (loop, who, i) -> {
          int value = draft.work(loop, draft.let(loop, new Op('+', new Var(i), new Var(who))));
          loop.add(new Lock(mutex, draft.form()));
          Test isFull = new Test("!=", new Load(full), new Const(0));
          loop.add(new While(isFull, List.of(new Await(notFull))));
          loop.add(new Store(item, new Var(value)));
          loop.add(new Store(full, new Const(1)));
          loop.add(new Signal(notEmpty));
          loop.add(new Unlock(mutex));
        });
    draft.repeat(
        body,
        producers * items,
        (loop, _) -> {
          loop.add(new Lock(mutex, draft.form()));
          Test isEmpty = new Test("==", new Load(full), new Const(0));
          loop.add(new While(isEmpty, List.of(new Await(notEmpty))));
          if (producers == 1) {
            draft.mix(loop, answer, new Load(item));
          } else {
            draft.sum(loop, answer, new Load(item));
          }
          loop.add(new Store(full, new Const(0)));
          loop.add(new Signal(notFull));
          loop.add(new Unlock(mutex));
        });
  }

  /** Goroutines that take turns: all are woken, and one continues. */
  private static void turns(Draft draft, List<Stmt> body, int answer) {
    int mutex = draft.make(body, Kind.MUTEX);
    int changed = draft.make(body, Kind.COND, 0, mutex);
    int turn = draft.make(body, Kind.CELL);
    int hash = draft.make(body, Kind.CELL);
    int group = draft.group(body);
    int size = draft.between(2, 5);
    int rounds = draft.between(1, 4);
    draft.goEach(
        body,
        size,
        group,
        rounds,
        (loop, who, _) -> {
          loop.add(new Lock(mutex, draft.form()));
          Test isOthers = new Test("!=", new Remainder(new Load(turn), size), new Var(who));
          loop.add(new While(isOthers, List.of(new Await(changed))));
          Expr before = new Op('*', new Load(hash), new Const(31));
          loop.add(new Store(hash, new Op('+', before, new Var(who))));
          draft.add(loop, turn, new Const(1));
          loop.add(new Broadcast(changed));
          loop.add(new Unlock(mutex));
        });
    draft.await(body, group);
    draft.mix(body, answer, new Load(hash));
  }

  /** What is done once is seen by all. */
  private static void once(Draft draft, List<Stmt> body, int answer) {
    int once = draft.make(body, Kind.ONCE);
    int cell = draft.make(body, Kind.CELL);
    int total = draft.make(body, Kind.COUNTER);
    int group = draft.group(body);
    draft.goEach(
        body,
        draft.between(1, 6),
        group,
        (go, who) -> {
          List<Stmt> action = new ArrayList<>();
          int seven = draft.let(action, new Const(7));
          int result = draft.work(action, seven);
          draft.add(action, cell, new Var(result));
          go.add(new Tree.Once(once, action));
          // The order of the goroutines is chance, and so is whose action runs: all do the same.
          draft.count(go, total, new Op('+', new Load(cell), new Var(who)));
        });
    draft.await(body, group);
    draft.mix(body, answer, new LoadCounter(total));
  }

  /** An action that panics has run. */
  private static void onceThatPanics(Draft draft, List<Stmt> body, int answer) {
    int once = draft.make(body, Kind.ONCE);
    for (int i = draft.between(1, 3); i > 0; i--) {
      int number = draft.variable();
      body.add(
          new Try(number, List.of(new Tree.Once(once, List.of(new Panic(draft.between(1, 9)))))));
      draft.mix(body, answer, new Var(number));
    }
  }

  /** A wait group that is used again and again, and whose counter is not let below zero. */
  private static void groupReused(Draft draft, List<Stmt> body, int answer) {
    int group = draft.group(body);
    int total = draft.make(body, Kind.COUNTER);
    int rounds = draft.between(1, 5);
    int size = draft.between(0, 4);
    draft.repeat(
        body,
        rounds,
        (round, n) -> {
          draft.goEach(
              round,
              size,
              group,
              (go, who) -> {
                int value = draft.let(go, new Op('*', new Var(who), new Var(n)));
                draft.count(go, total, new Var(draft.work(go, value)));
              });
          draft.await(round, group);
          draft.mix(round, answer, new LoadCounter(total));
        });
    if (draft.chance(40)) {
      int number = draft.variable();
      body.add(new Try(number, List.of(new Done(group))));
      draft.mix(body, answer, new Var(number));
    }
  }
}
