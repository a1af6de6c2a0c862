package io.heddle.evidence.golang;

import static io.heddle.evidence.golang.Tree.*;

import java.util.ArrayList;
import java.util.List;

/** Trees of contexts, and goroutines that wait for their ends. */
final class ContextPatterns {
  static final List<Draft.Pattern> ALL =
      List.of(
          ContextPatterns::tree,
          ContextPatterns::tree,
          ContextPatterns::expiry,
          ContextPatterns::generator);

  private ContextPatterns() {}

  /** Cancels the contexts of a tree one after another; each ends all below it, and no other. */
  private static void tree(Draft draft, List<Stmt> body, int answer) {
    int size = draft.between(1, 8);
    List<Integer> contexts = new ArrayList<>();
    List<Integer> parents = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      int parent = i == 0 ? -1 : draft.between(0, i - 1);
      parents.add(parent);
      // Below a context that is not the library's own, but hands everything on to one that is.
      Kind kind = draft.chance(30) ? Kind.WRAPPED_CONTEXT : Kind.CONTEXT;
      contexts.add(draft.make(body, kind, 0, parent == -1 ? NONE : contexts.get(parent)));
    }
    int woken = draft.chan(body);
    int silent = draft.chan(body);
    for (int i = 0; i < size; i++) {
      int id = i;
      List<Stmt> wait = new ArrayList<>();
      List<Arm> arms = new ArrayList<>();
      arms.add(new OnDone(contexts.get(i), null, List.of()));
      if (draft.chance(40)) {
        arms.add(new OnReceive(silent, draft.variable(), draft.variable(), null, List.of()));
      }
      wait.add(new Select(arms, null, draft.form()));
      draft.send(wait, woken, new Op('+', new Const(1L << id), new Err(contexts.get(i))));
      // Heddle would interrupt a goroutine under the context, if it did not ask for the end itself.
      int under = draft.chance(40) ? contexts.get(draft.chance(50) ? i : 0) : NONE;
      body.add(new Start(wait, NONE, under));
    }
    boolean[] done = new boolean[size];
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      if (draft.chance(50)) {
        order.add(i);
      }
    }
    draft.shuffle(order);
    order.add(0);
    for (int cancelled : order) {
      body.add(new Cancel(contexts.get(cancelled)));
      int news = 0;
      for (int i = cancelled; i < size; i++) {
        boolean ends = i == cancelled || (parents.get(i) >= cancelled && done[parents.get(i)]);
        if (ends && !done[i]) {
          done[i] = true;
          news++;
        }
      }
      for (int context : contexts) {
        draft.mix(body, answer, new Err(context));
      }
      int sum = draft.let(body, new Const(0));
      for (int i = 0; i < news; i++) {
        draft.sum(body, sum, new Var(draft.receive(body, woken)));
      }
      draft.mix(body, answer, new Var(sum));
    }
  }

  /** A context that ends by its time, and those below it. */
  private static void expiry(Draft draft, List<Stmt> body, int answer) {
    int above = draft.make(body, Kind.CONTEXT);
    int timed =
        draft.make(body, Kind.TIMEOUT, draft.between(0, 2), draft.chance(50) ? above : NONE);
    int below = draft.make(body, Kind.CONTEXT, 0, timed);
    int longer = draft.make(body, Kind.TIMEOUT, 3_600_000, timed);
    for (int context : List.of(below, longer, timed)) {
      body.add(new Select(List.of(new OnDone(context, null, List.of())), null, draft.form()));
      draft.mix(body, answer, new Err(context));
    }
    draft.mix(body, answer, new Err(above));
    body.add(new Cancel(above));
    draft.mix(body, answer, new Err(above));
    draft.mix(body, answer, new Err(below));
  }

  /** An endless source that ends when its context is cancelled. */
  private static void generator(Draft draft, List<Stmt> body, int answer) {
    int context = draft.make(body, Kind.CONTEXT);
    int source = draft.chan(body);
    draft.go(
        body,
        go -> {
          int n = draft.let(go, new Const(0));
          int going = draft.let(go, new Const(1));
          List<Stmt> sent = new ArrayList<>();
          draft.sum(sent, n, new Const(1));
          go.add(
              new While(
                  Draft.test(going, "==", 1),
                  List.of(
                      new Select(
                          List.of(
                              new OnSend(source, new Var(n), null, sent),
                              new OnDone(context, null, List.of(new Set(going, new Const(0))))),
                          null,
                          draft.form()))));
          go.add(new Close(source));
        });
    for (int i = draft.between(1, 8); i > 0; i--) {
      draft.mix(body, answer, new Var(draft.receive(body, source)));
    }
    body.add(new Cancel(context));
    // How many more come is chance, but not that they end.
    draft.range(
        body,
        source,
        (loop, v) ->
            loop.add(
                new If(Draft.test(v, "<", 0), List.of(new Set(answer, new Const(0))), List.of())));
    draft.mix(body, answer, new Err(context));
  }
}
