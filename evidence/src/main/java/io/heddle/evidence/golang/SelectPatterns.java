package io.heddle.evidence.golang;

import static io.heddle.evidence.golang.Tree.*;

import java.util.ArrayList;
import java.util.List;

/** Goroutines that choose. */
final class SelectPatterns {
  static final List<Draft.Pattern> ALL =
      List.of(
          SelectPatterns::fanIn,
          SelectPatterns::fanIn,
          SelectPatterns::fanOut,
          SelectPatterns::exchange,
          SelectPatterns::oneGoroutine,
          SelectPatterns::oneGoroutine,
          SelectPatterns::timeout);

  private SelectPatterns() {}

  /** A select over several sources until all are closed: the order within each is certain. */
  private static void fanIn(Draft draft, List<Stmt> body, int answer) {
    int nobody = draft.make(body, Kind.NIL_CHAN);
    int left = draft.let(body, new Const(0));
    List<Integer> hashes = new ArrayList<>();
    List<Arm> arms = new ArrayList<>();
    for (int i = draft.between(1, 5); i > 0; i--) {
      int source = draft.chan(body);
      int items = draft.between(0, 6);
      draft.go(
          body,
          go -> {
            draft.repeat(
                go, items, (loop, n) -> draft.send(loop, source, new Var(draft.work(loop, n))));
            go.add(new Close(source));
          });
      int open = draft.let(body, new Const(1));
      int hash = draft.let(body, new Const(i));
      hashes.add(hash);
      draft.sum(body, left, new Const(1));
      int v = draft.variable();
      int ok = draft.variable();
      List<Stmt> more = new ArrayList<>();
      draft.mix(more, hash, new Var(draft.work(more, v)));
      List<Stmt> end = new ArrayList<>();
      end.add(new Set(open, new Const(0)));
      draft.sum(end, left, new Const(-1));
      arms.add(
          new OnReceive(
              source,
              v,
              ok,
              Draft.test(open, "==", 1),
              List.of(new If(Draft.test(ok, "==", 1), more, end))));
    }
    if (draft.chance(30)) {
      arms.add(new OnReceive(nobody, draft.variable(), draft.variable(), null, List.of()));
    }
    draft.shuffle(arms);
    List<Stmt> otherwise = draft.chance(20) ? List.of(new Yield()) : null;
    body.add(
        new While(Draft.test(left, "!=", 0), List.of(new Select(arms, otherwise, draft.form()))));
    hashes.forEach(hash -> draft.mix(body, answer, new Var(hash)));
  }

  /** Sends each value to a receiver that is ready. */
  private static void fanOut(Draft draft, List<Stmt> body, int answer) {
    int total = draft.make(body, Kind.COUNTER);
    int group = draft.group(body);
    List<Integer> chans = new ArrayList<>();
    for (int i = draft.between(1, 4); i > 0; i--) {
      int chan = draft.chan(body);
      chans.add(chan);
      draft.go(
          body,
          group,
          go ->
              draft.range(
                  go,
                  chan,
                  (loop, v) -> draft.count(loop, total, new Var(doubled(draft, loop, v)))));
    }
    draft.repeat(
        body,
        draft.between(1, 15),
        (loop, i) -> {
          List<Arm> arms = new ArrayList<>();
          for (int chan : chans) {
            arms.add(new OnSend(chan, new Op('+', new Var(i), new Const(3)), null, List.of()));
          }
          loop.add(new Select(arms, null, draft.form()));
        });
    chans.forEach(chan -> body.add(new Close(chan)));
    draft.await(body, group);
    draft.mix(body, answer, new LoadCounter(total));
  }

  private static int doubled(Draft draft, List<Stmt> body, int of) {
    return draft.let(body, new Op('*', new Var(of), new Const(2)));
  }

  /** Two goroutines that send to each other and receive, whichever is possible. */
  private static void exchange(Draft draft, List<Stmt> body, int answer) {
    int there = draft.chan(body);
    int back = draft.chan(body);
    int result = draft.make(body, Kind.CHAN, 1);
    int items = draft.between(1, 10);
    draft.go(
        body,
        go -> {
          int hash = side(draft, go, there, back, items, 5);
          draft.send(go, result, new Var(hash));
        });
    draft.mix(body, answer, new Var(side(draft, body, back, there, items, 1000)));
    draft.mix(body, answer, new Var(draft.receive(body, result)));
  }

  private static int side(Draft draft, List<Stmt> body, int to, int from, int items, int first) {
    int sent = draft.let(body, new Const(0));
    int got = draft.let(body, new Const(0));
    int hash = draft.let(body, new Const(0));
    int v = draft.variable();
    List<Stmt> onSend = new ArrayList<>();
    draft.sum(onSend, sent, new Const(1));
    List<Stmt> onReceive = new ArrayList<>();
    draft.sum(onReceive, got, new Const(1));
    draft.mix(onReceive, hash, new Var(v));
    Select select =
        new Select(
            List.of(
                new OnSend(
                    to,
                    new Op('+', new Var(sent), new Const(first)),
                    Draft.test(sent, "<", items),
                    onSend),
                new OnReceive(from, v, draft.variable(), Draft.test(got, "<", items), onReceive)),
            null,
            draft.form());
    body.add(
        new While(
            new Test("<", new Op('+', new Var(sent), new Var(got)), new Const(2L * items)),
            List.of(select)));
    return hash;
  }

  /** What one goroutine alone sees of its channels, where at most one case is ready. */
  private static void oneGoroutine(Draft draft, List<Stmt> body, int answer) {
    int capacity = draft.between(1, 4);
    int chan = draft.make(body, Kind.CHAN, capacity);
    int nobody = draft.make(body, Kind.NIL_CHAN);
    int empty = draft.make(body, Kind.CHAN, draft.between(0, 2));
    int count = 0;
    boolean closed = false;
    for (int steps = draft.between(5, 25); steps > 0; steps--) {
      switch (draft.between(0, 8)) {
        case 0, 1 -> { // a send that does not wait
          List<Arm> arms =
              List.of(new OnSend(chan, new Const(steps), null, mixed(draft, answer, 1)));
          List<Stmt> send = List.of(new Select(arms, mixed(draft, answer, 2), draft.form()));
          if (closed) {
            guarded(draft, body, answer, send);
          } else {
            body.addAll(send);
            count = Math.min(count + 1, capacity);
          }
        }
        case 2 -> {
          if (closed) {
            guarded(draft, body, answer, List.of(new Send(chan, new Const(1), draft.form())));
          } else if (count < capacity) {
            draft.send(body, chan, new Const(steps));
            count++;
          }
        }
        case 3, 4 -> { // a receive that does not wait, beside cases that are never ready
          int v = draft.variable();
          int ok = draft.variable();
          List<Stmt> got = new ArrayList<>();
          draft.mix(got, answer, new Op('+', new Var(v), new Var(ok)));
          List<Arm> arms = new ArrayList<>();
          arms.add(new OnReceive(chan, v, ok, null, got));
          arms.add(
              new OnReceive(
                  draft.chance(50) ? nobody : empty,
                  draft.variable(),
                  draft.variable(),
                  null,
                  mixed(draft, answer, 3)));
          arms.add(new OnSend(nobody, new Const(1), null, mixed(draft, answer, 4)));
          draft.shuffle(arms);
          body.add(new Select(arms, mixed(draft, answer, 5), draft.form()));
          count = Math.max(count - 1, 0);
        }
        case 5 -> {
          if (count > 0 || closed) {
            int v = draft.variable();
            int ok = draft.variable();
            body.add(new Receive(v, ok, chan, draft.form()));
            draft.mix(body, answer, new Op('-', new Var(v), new Var(ok)));
            count = Math.max(count - 1, 0);
          }
        }
        case 6 -> {
          draft.mix(body, answer, new Len(chan));
          draft.mix(body, answer, new Cap(chan));
          draft.mix(body, answer, new Op('+', new Len(nobody), new Cap(nobody)));
        }
        case 7 -> {
          if (closed) {
            guarded(draft, body, answer, List.of(new Close(chan)));
          } else if (steps < 8) {
            body.add(new Close(chan));
            closed = true;
          }
        }
        default ->
            guarded(
                draft,
                body,
                answer,
                List.of(draft.chance(50) ? new Close(nobody) : new Panic(draft.between(1, 9))));
      }
    }
  }

  private static List<Stmt> mixed(Draft draft, int answer, int value) {
    List<Stmt> body = new ArrayList<>();
    draft.mix(body, answer, new Const(value));
    return body;
  }

  private static void guarded(Draft draft, List<Stmt> body, int answer, List<Stmt> what) {
    int number = draft.variable();
    body.add(new Try(number, what));
    draft.mix(body, answer, new Var(number));
  }

  /** A case that is never ready, and one that is ready after some time. */
  private static void timeout(Draft draft, List<Stmt> body, int answer) {
    int silent = draft.chance(50) ? draft.chan(body) : draft.make(body, Kind.NIL_CHAN);
    body.add(
        new Select(
            List.of(
                new OnReceive(
                    silent, draft.variable(), draft.variable(), null, mixed(draft, answer, 1)),
                new OnTime(draft.between(0, 2), null, mixed(draft, answer, 2))),
            null,
            draft.form()));
  }
}
