package io.heddle.evidence.golang;

import static io.heddle.evidence.golang.Tree.*;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/**
 * Makes a program from a seed: some patterns one after the other, whose parts may be patterns
 * themselves, and sometimes a mistake that ends it.
 *
 * <p>Every pattern has one result, whatever the schedule: it adds up where the order is chance, and
 * keeps the order where it is not. It adds its result to the answer.
 */
final class Draft {
  /** Adds statements to a body that change the answer, a variable. */
  interface Pattern {
    void add(Draft draft, List<Stmt> body, int answer);
  }

  private static final List<Pattern> PATTERNS = patterns();

  /** How deep patterns are nested in one another. */
  private static final int DEEPEST = 2;

  /** In statements: patterns are nested only in programs that are still short. */
  private static final int LONG = 150;

  private final Random random;
  private int variables;
  private int statements;
  private int depth;

  private Draft(long seed) {
    random = new Random(seed);
  }

  private static List<Pattern> patterns() {
    List<Pattern> all = new ArrayList<>();
    all.addAll(ChannelPatterns.ALL);
    all.addAll(SelectPatterns.ALL);
    all.addAll(SyncPatterns.ALL);
    all.addAll(ContextPatterns.ALL);
    all.add(Network::add);
    all.add(Network::add);
    return all;
  }

  static Program program(long seed) {
    Draft draft = new Draft(seed);
    List<Stmt> body = new ArrayList<>();
    int answer = draft.let(body, new Const(seed & 0xff));
    for (int i = draft.between(1, 4); i > 0; i--) {
      draft.pattern(body, answer);
    }
    if (draft.chance(30)) {
      Faults.add(draft, body, answer);
    }
    return new Program(seed, draft.variables, List.copyOf(body), answer);
  }

  private void pattern(List<Stmt> body, int answer) {
    int before = body.size();
    pick(PATTERNS).add(this, body, answer);
    statements += 10 * (body.size() - before);
  }

  /** Whether no pattern surrounds the present one. */
  boolean isOutermost() {
    return depth == 0;
  }

  /** A number from the first to the last. */
  int between(int first, int last) {
    return first + random.nextInt(last - first + 1);
  }

  boolean chance(int percent) {
    return random.nextInt(100) < percent;
  }

  <T> T pick(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  <T> void shuffle(List<T> list) {
    java.util.Collections.shuffle(list, random);
  }

  /** A form of an operation. */
  int form() {
    return random.nextInt(4);
  }

  /** The capacity of a channel: often none. */
  int capacity() {
    return chance(40) ? 0 : between(1, 5);
  }

  int variable() {
    return variables++;
  }

  int let(List<Stmt> body, Expr value) {
    int v = variable();
    body.add(new Let(v, value));
    return v;
  }

  int make(List<Stmt> body, Kind kind) {
    return make(body, kind, 0);
  }

  int make(List<Stmt> body, Kind kind, long size) {
    return make(body, kind, size, NONE);
  }

  int make(List<Stmt> body, Kind kind, long size, int of) {
    int v = variable();
    body.add(new Make(v, kind, size, of));
    return v;
  }

  int chan(List<Stmt> body) {
    return make(body, Kind.CHAN, capacity());
  }

  /** A wait group for goroutines that are started with it. */
  int group(List<Stmt> body) {
    return make(body, Kind.WAIT_GROUP);
  }

  void await(List<Stmt> body, int group) {
    body.add(new Wait(group, form()));
  }

  static List<Stmt> block(Consumer<List<Stmt>> content) {
    List<Stmt> body = new ArrayList<>();
    content.accept(body);
    return body;
  }

  void go(List<Stmt> body, Consumer<List<Stmt>> content) {
    go(body, NONE, content);
  }

  void go(List<Stmt> body, int group, Consumer<List<Stmt>> content) {
    body.add(new Start(block(content), group, NONE));
  }

  /** Starts goroutines; the variable has the number of each. */
  void goEach(List<Stmt> body, int size, int group, LoopBody content) {
    repeat(body, size, (start, who) -> go(start, group, go -> content.add(go, who)));
  }

  /** Starts goroutines, each of which does something again and again. */
  void goEach(List<Stmt> body, int size, int group, int rounds, RoundBody content) {
    goEach(
        body, size, group, (go, who) -> repeat(go, rounds, (loop, i) -> content.add(loop, who, i)));
  }

  /** The body of a loop in one of several goroutines. */
  interface RoundBody {
    void add(List<Stmt> body, int who, int variable);
  }

  /** Starts a goroutine that does something again and again. */
  void goRepeating(List<Stmt> body, int group, int rounds, LoopBody content) {
    go(body, group, go -> repeat(go, rounds, content));
  }

  void repeat(List<Stmt> body, int times, LoopBody content) {
    int i = variable();
    List<Stmt> inner = new ArrayList<>();
    content.add(inner, i);
    body.add(new For(i, times, inner));
  }

  interface LoopBody {
    void add(List<Stmt> body, int variable);
  }

  void range(List<Stmt> body, int chan, LoopBody content) {
    int v = variable();
    List<Stmt> inner = new ArrayList<>();
    content.add(inner, v);
    body.add(new Range(chan, v, inner, form()));
  }

  int receive(List<Stmt> body, int chan) {
    int v = variable();
    body.add(new Receive(v, variable(), chan, form()));
    return v;
  }

  void send(List<Stmt> body, int chan, Expr value) {
    body.add(new Send(chan, value, form()));
  }

  /** Something simple of a variable. */
  Expr simple(int of) {
    Expr var = new Var(of);
    return switch (random.nextInt(4)) {
      case 0 -> new Op('+', var, new Const(between(1, 99)));
      case 1 -> new Op('*', var, new Const(between(2, 9)));
      case 2 -> new Op('^', var, new Const(between(1, 255)));
      default -> new Op('-', new Op('*', var, var), new Const(between(0, 9)));
    };
  }

  /** Work on a variable: a new one with the result, from a pattern perhaps. */
  int work(List<Stmt> body, int of) {
    int result = let(body, simple(of));
    if (depth < DEEPEST && statements < LONG && chance(25)) {
      depth++;
      pattern(body, result);
      depth--;
    } else if (chance(10)) {
      body.add(chance(50) ? new Yield() : new Sleep(between(1, 50)));
    }
    return result;
  }

  /** Adds a value to the answer, which then depends on the order of such additions. */
  void mix(List<Stmt> body, int answer, Expr value) {
    body.add(new Set(answer, new Op('+', new Op('*', new Var(answer), new Const(31)), value)));
  }

  /** Adds a value to the answer, which does not depend on the order of such additions. */
  void sum(List<Stmt> body, int answer, Expr value) {
    body.add(new Set(answer, new Op('+', new Var(answer), value)));
  }

  /** Adds to a cell. */
  void add(List<Stmt> body, int cell, Expr value) {
    body.add(new Store(cell, new Op('+', new Load(cell), value)));
  }

  void count(List<Stmt> body, int counter, Expr value) {
    body.add(new Count(variable(), counter, value));
  }

  static Test test(int variable, String relation, long value) {
    return new Test(relation, new Var(variable), new Const(value));
  }
}
