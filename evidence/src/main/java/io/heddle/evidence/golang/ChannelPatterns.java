package io.heddle.evidence.golang;

import static io.heddle.evidence.golang.Tree.*;

import java.util.ArrayList;
import java.util.List;

/** Goroutines that send, receive and close. */
final class ChannelPatterns {
  static final List<Draft.Pattern> ALL =
      List.of(
          ChannelPatterns::pipeline,
          ChannelPatterns::workers,
          ChannelPatterns::ring,
          ChannelPatterns::server,
          ChannelPatterns::divide,
          ChannelPatterns::futures,
          ChannelPatterns::sieve,
          ChannelPatterns::places);

  /** More rounds than any program lasts for. */
  private static final int FOR_EVER = 1_000_000;

  private ChannelPatterns() {}

  /** A source and stages in a row: the order is kept. */
  private static void pipeline(Draft draft, List<Stmt> body, int answer) {
    int source = draft.chan(body);
    int items = draft.between(0, 12);
    draft.go(
        body,
        go -> {
          draft.repeat(go, items, (loop, i) -> draft.send(loop, source, draft.simple(i)));
          go.add(new Close(source));
        });
    int last = source;
    for (int stages = draft.between(0, 4); stages > 0; stages--) {
      last = stage(draft, body, last);
    }
    draft.range(body, last, (loop, v) -> draft.mix(loop, answer, new Var(v)));
  }

  private static int stage(Draft draft, List<Stmt> body, int in) {
    int out = draft.chan(body);
    draft.go(
        body,
        go -> {
          draft.range(
              go,
              in,
              (loop, v) -> {
                int result = draft.work(loop, v);
                switch (draft.between(0, 3)) {
                  case 0 -> { // leaves some out
                    Expr rest = new Remainder(new Var(result), draft.between(2, 4));
                    List<Stmt> keep = new ArrayList<>();
                    draft.send(keep, out, new Var(result));
                    loop.add(new If(new Test("!=", rest, new Const(0)), keep, List.of()));
                  }
                  case 1 -> { // doubles all
                    draft.send(loop, out, new Var(result));
                    draft.send(loop, out, new Op('-', new Const(0), new Var(result)));
                  }
                  default -> draft.send(loop, out, new Var(result));
                }
              });
          go.add(new Close(out));
        });
    return out;
  }

  /** Workers that share the jobs of one channel: only the sum is certain. */
  private static void workers(Draft draft, List<Stmt> body, int answer) {
    int jobs = draft.chan(body);
    int results = draft.chan(body);
    int group = draft.group(body);
    int items = draft.between(0, 20);
    boolean byHand = draft.chance(50);
    int workers = draft.between(1, 5);
    if (byHand) {
      body.add(new Add(group, workers));
    }
    draft.goEach(
        body,
        workers,
        byHand ? NONE : group,
        (go, _) -> {
          draft.range(
              go, jobs, (loop, job) -> draft.send(loop, results, new Var(draft.work(loop, job))));
          if (byHand) {
            go.add(new Done(group));
          }
        });
    draft.go(
        body,
        go -> {
          draft.repeat(go, items, (loop, i) -> draft.send(loop, jobs, draft.simple(i)));
          go.add(new Close(jobs));
          draft.await(go, group);
          go.add(new Close(results));
        });
    draft.range(body, results, (loop, v) -> draft.sum(loop, answer, new Var(v)));
  }

  /** Goroutines in a circle, and a number that goes round. */
  private static void ring(Draft draft, List<Stmt> body, int answer) {
    int size = draft.between(1, 6);
    int rounds = draft.between(1, 8);
    List<Integer> chans = new ArrayList<>();
    for (int i = 0; i <= size; i++) {
      chans.add(draft.chan(body));
    }
    for (int i = 0; i < size; i++) {
      int in = chans.get(i);
      int out = chans.get(i + 1);
      draft.goRepeating(
          body,
          NONE,
          rounds,
          (loop, _) -> draft.send(loop, out, new Var(draft.work(loop, draft.receive(loop, in)))));
    }
    draft.repeat(
        body,
        rounds,
        (loop, _) -> {
          draft.send(loop, chans.getFirst(), new Var(answer));
          draft.mix(loop, answer, new Var(draft.receive(loop, chans.getLast())));
        });
  }

  /** Clients send the channels on which they ask and are answered. */
  private static void server(Draft draft, List<Stmt> body, int answer) {
    int requests = draft.make(body, Kind.CHAN_OF_CHANS, draft.capacity());
    int clients = draft.between(1, 5);
    int questions = draft.between(1, 5);
    int total = draft.make(body, Kind.COUNTER);
    int group = draft.group(body);
    for (int servers = draft.between(1, 3); servers > 0; servers--) {
      draft.goRepeating(
          body,
          NONE,
          FOR_EVER,
          (loop, _) -> {
            // A closed channel of channels yields nil, and a send on nil waits forever: the servers
            // are left waiting instead, until the program ends.
            int line = draft.variable();
            loop.add(new ReceiveChan(line, requests));
            int question = draft.receive(loop, line);
            draft.send(loop, line, twice(question));
          });
    }
    draft.goEach(
        body,
        clients,
        group,
        (go, client) -> {
          int line = draft.make(go, Kind.CHAN, 0);
          draft.repeat(
              go,
              questions,
              (loop, i) -> {
                loop.add(new SendChan(requests, line));
                Expr hundreds = new Op('*', new Var(client), new Const(100));
                draft.send(loop, line, new Op('+', new Var(i), hundreds));
                draft.count(loop, total, new Var(draft.receive(loop, line)));
              });
        });
    draft.await(body, group);
    draft.mix(body, answer, new LoadCounter(total));
  }

  private static Expr twice(int variable) {
    return new Op('+', new Op('*', new Var(variable), new Const(2)), new Const(1));
  }

  /** Divide and conquer: one half in another goroutine. */
  private static void divide(Draft draft, List<Stmt> body, int answer) {
    draft.mix(body, answer, new Var(divided(draft, body, answer, draft.between(1, 4))));
  }

  private static int divided(Draft draft, List<Stmt> body, int of, int depth) {
    int input = draft.let(body, draft.simple(of));
    if (depth == 0) {
      return draft.work(body, input);
    }
    int half = draft.make(body, Kind.CHAN, draft.between(0, 1));
    draft.go(body, go -> draft.send(go, half, new Var(divided(draft, go, input, depth - 1))));
    int other = divided(draft, body, input, draft.chance(50) ? depth - 1 : 0);
    int received = draft.receive(body, half);
    return draft.let(
        body, new Op('+', new Op('*', new Var(other), new Const(7)), new Var(received)));
  }

  /** Results asked for later, each in a channel of its own. */
  private static void futures(Draft draft, List<Stmt> body, int answer) {
    List<Integer> futures = new ArrayList<>();
    for (int i = draft.between(1, 6); i > 0; i--) {
      int future = draft.make(body, Kind.CHAN, 1);
      int input = draft.let(body, new Op('+', new Var(answer), new Const(i)));
      draft.go(body, go -> draft.send(go, future, new Var(draft.work(go, input))));
      futures.add(future);
    }
    draft.shuffle(futures);
    futures.forEach(future -> draft.mix(body, answer, new Var(draft.receive(body, future))));
  }

  /** The first primes, by a chain of filters that are left waiting at the end. */
  private static void sieve(Draft draft, List<Stmt> body, int answer) {
    int source = draft.chan(body);
    draft.goRepeating(
        body,
        NONE,
        FOR_EVER,
        (loop, i) -> draft.send(loop, source, new Op('+', new Var(i), new Const(2))));
    int in = source;
    for (int i = draft.between(1, 6); i > 0; i--) {
      int prime = draft.receive(body, in);
      draft.mix(body, answer, new Var(prime));
      int from = in;
      int out = draft.chan(body);
      draft.goRepeating(
          body,
          NONE,
          FOR_EVER,
          (loop, _) -> {
            int v = draft.receive(loop, from);
            int multiple = draft.let(loop, new Const(0));
            // No division by variables in the language: counts up to the number.
            Stmt next = new Set(multiple, new Op('+', new Var(multiple), new Var(prime)));
            loop.add(new While(new Test("<", new Var(multiple), new Var(v)), List.of(next)));
            loop.add(
                new If(
                    new Test("!=", new Var(multiple), new Var(v)),
                    List.of(new Send(out, new Var(v), draft.form())),
                    List.of()));
          });
      in = out;
    }
  }

  /** A buffered channel as a semaphore: no more inside than it has room. */
  private static void places(Draft draft, List<Stmt> body, int answer) {
    int size = draft.between(1, 3);
    int places = draft.make(body, Kind.CHAN, size);
    int inside = draft.make(body, Kind.COUNTER);
    int wrong = draft.make(body, Kind.COUNTER);
    int total = draft.make(body, Kind.COUNTER);
    int group = draft.group(body);
    int rounds = draft.between(1, 4);
    draft.goEach(
        body,
        draft.between(1, 6),
        group,
        rounds,
        (loop, who, _) -> {
          draft.send(loop, places, new Var(who));
          int now = draft.variable();
          loop.add(new Count(now, inside, new Const(1)));
          loop.add(
              new If(
                  new Test("<", new Const(size), new Var(now)),
                  List.of(new Count(draft.variable(), wrong, new Const(1))),
                  List.of()));
          draft.count(loop, total, new Var(draft.work(loop, who)));
          draft.count(loop, inside, new Const(-1));
          draft.receive(loop, places);
        });
    draft.await(body, group);
    draft.mix(body, answer, new LoadCounter(total));
    draft.mix(body, answer, new LoadCounter(wrong));
    draft.mix(body, answer, new Len(places));
  }
}
