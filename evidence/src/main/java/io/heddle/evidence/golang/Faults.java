package io.heddle.evidence.golang;

import static io.heddle.evidence.golang.Tree.*;

import java.util.ArrayList;
import java.util.List;

/** Ends of programs by a panic or a deadlock. */
final class Faults {
  private Faults() {}

  static void add(Draft draft, List<Stmt> body, int answer) {
    List<Stmt> fault = new ArrayList<>();
    if (draft.chance(50)) {
      deadlock(draft, fault, answer);
    } else {
      panic(draft, fault);
    }
    if (draft.chance(40)) {
      // In another goroutine, while this one waits.
      body.add(new Start(fault, NONE, NONE));
      wait(draft, body);
    } else {
      body.addAll(fault);
    }
  }

  private static void panic(Draft draft, List<Stmt> body) {
    switch (draft.between(0, 9)) {
      case 0 -> {
        int chan = draft.chan(body);
        body.add(new Close(chan));
        draft.send(body, chan, new Const(1));
      }
      case 1 -> {
        int chan = draft.chan(body);
        body.add(new Close(chan));
        body.add(new Close(chan));
      }
      case 2 -> body.add(new Close(draft.make(body, Kind.NIL_CHAN)));
      case 3 -> {
        int group = draft.group(body);
        body.add(draft.chance(50) ? new Done(group) : new Add(group, -draft.between(1, 5)));
      }
      case 4 -> {
        int mutex = draft.make(body, Kind.MUTEX);
        if (draft.chance(50)) {
          body.add(new Lock(mutex, draft.form()));
          body.add(new Unlock(mutex));
        }
        body.add(new Unlock(mutex));
      }
      case 5 -> {
        int mutex = draft.make(body, Kind.RWMUTEX);
        if (draft.chance(50)) {
          body.add(new LockReading(mutex, draft.form()));
        }
        body.add(new Unlock(mutex));
      }
      case 6 -> {
        int mutex = draft.make(body, Kind.RWMUTEX);
        if (draft.chance(50)) {
          body.add(new LockReading(mutex, draft.form()));
          body.add(new UnlockReading(mutex));
        }
        body.add(new UnlockReading(mutex));
      }
      case 7 -> { // closed while a goroutine waits to send
        int chan = draft.make(body, Kind.CHAN, 0);
        draft.go(body, go -> draft.send(go, chan, new Const(1)));
        body.add(new Sleep(draft.between(0, 300)));
        body.add(new Close(chan));
        wait(draft, body);
      }
      case 8 -> { // in a select
        int chan = draft.chan(body);
        body.add(new Close(chan));
        body.add(
            new Select(
                List.of(new OnSend(chan, new Const(1), null, List.of())),
                draft.chance(50) ? List.of() : null,
                draft.form()));
      }
      default -> body.add(new Panic(draft.between(1, 99)));
    }
  }

  private static void deadlock(Draft draft, List<Stmt> body, int answer) {
    switch (draft.between(0, 7)) {
      case 0 -> { // a value that does not fit into the buffer is never received
        int capacity = draft.between(0, 3);
        int chan = draft.make(body, Kind.CHAN, capacity);
        draft.repeat(body, capacity + 1, (loop, i) -> draft.send(loop, chan, new Var(i)));
      }
      case 1 -> { // never closed
        int chan = draft.chan(body);
        draft.go(body, go -> draft.repeat(go, 3, (loop, i) -> draft.send(loop, chan, new Var(i))));
        draft.range(body, chan, (loop, v) -> draft.sum(loop, answer, new Var(v)));
      }
      case 2 -> { // each waits for the other
        int one = draft.make(body, Kind.CHAN, 0);
        int other = draft.make(body, Kind.CHAN, 0);
        draft.go(
            body,
            go -> {
              draft.send(go, one, new Const(1));
              draft.receive(go, other);
            });
        draft.send(body, other, new Const(1));
        draft.receive(body, one);
      }
      case 3 -> { // two mutexes in different orders
        int one = draft.make(body, Kind.MUTEX);
        int other = draft.make(body, Kind.MUTEX);
        int met = draft.make(body, Kind.CHAN, 0);
        draft.go(
            body,
            go -> {
              go.add(new Lock(one, draft.form()));
              draft.send(go, met, new Const(1));
              go.add(new Lock(other, draft.form()));
            });
        body.add(new Lock(other, draft.form()));
        draft.receive(body, met);
        body.add(new Lock(one, draft.form()));
      }
      case 4 -> { // a worker that is never done
        int group = draft.group(body);
        body.add(new Add(group, 2));
        draft.go(body, go -> go.add(new Done(group)));
        draft.await(body, group);
      }
      case 5 -> { // a reader that locks again behind a writer
        int lock = draft.make(body, Kind.RWMUTEX);
        body.add(new LockReading(lock, draft.form()));
        draft.go(body, go -> go.add(new Lock(lock, draft.form())));
        // While the writer waits, no reader gets the lock.
        int got = draft.let(body, new Const(1));
        body.add(
            new While(
                Draft.test(got, "==", 1),
                List.of(new LockReading(lock, 0), new UnlockReading(lock), new Yield())));
      }
      case 6 -> { // a signal that came too early
        int mutex = draft.make(body, Kind.MUTEX);
        int cond = draft.make(body, Kind.COND, 0, mutex);
        body.add(draft.chance(50) ? new Signal(cond) : new Broadcast(cond));
        body.add(new Lock(mutex, draft.form()));
        body.add(new Await(cond));
      }
      default -> wait(draft, body);
    }
  }

  /** Waits for what never comes. */
  private static void wait(Draft draft, List<Stmt> body) {
    switch (draft.between(0, 4)) {
      case 0 -> draft.receive(body, draft.chan(body));
      case 1 -> draft.receive(body, draft.make(body, Kind.NIL_CHAN));
      case 2 -> body.add(new Block());
      case 3 -> {
        int context = draft.make(body, Kind.CONTEXT);
        int silent = draft.chan(body);
        body.add(
            new Select(
                List.of(
                    new OnDone(context, null, List.of()),
                    new OnReceive(silent, draft.variable(), draft.variable(), null, List.of())),
                null,
                draft.form()));
      }
      default -> {
        int mutex = draft.make(body, Kind.MUTEX);
        body.add(new Lock(mutex, draft.form()));
        body.add(new Lock(mutex, draft.form()));
      }
    }
  }
}
