package io.heddle.bench.jmh;

import static io.heddle.Select.otherwise;
import static io.heddle.Select.select;
import static io.heddle.Select.selectInOrder;

import io.heddle.Case;
import io.heddle.Chan;
import io.heddle.Select;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * Select in its variants, with one case of several ready: made once and reused, as an expression,
 * in order, with a default. Each operation also puts back the value that it took.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class Selects {
  @Param({"2", "4"})
  private int cases;

  private Chan<Integer> ready = Chan.buffered(1);
  private Case<Integer>[] fresh = newCases();
  private Select used = Select.of(ready.onReceive());
  private Select usedInOrder = used;

  @Setup(Level.Trial)
  public void setUp() throws InterruptedException {
    ready = Chan.buffered(1);
    ready.send(1);
    fresh = newCases();
    used = Select.of(newCases());
    usedInOrder = Select.inOrder(newCases());
  }

  @SuppressWarnings({"unchecked", "rawtypes"}) // an array of generics
  private Case<Integer>[] newCases() {
    Case<Integer>[] all = new Case[Math.max(1, cases)];
    for (int i = 0; i < all.length; i++) {
      // The last one is ready.
      Chan<Integer> chan = i == all.length - 1 ? ready : Chan.unbuffered();
      all[i] = chan.onReceive(value -> value);
    }
    return all;
  }

  @Benchmark
  public Object usedAgain() throws InterruptedException {
    Object chosen = used.await();
    ready.send(1);
    return chosen;
  }

  @Benchmark
  public Object usedAgainInOrder() throws InterruptedException {
    Object chosen = usedInOrder.await();
    ready.send(1);
    return chosen;
  }

  @Benchmark
  public Object triedAgain() throws InterruptedException {
    Object chosen = used.tryAwait();
    ready.send(1);
    return chosen;
  }

  @Benchmark
  public Integer expression() throws InterruptedException {
    Integer value = select(newCases());
    ready.send(1);
    return value;
  }

  @Benchmark
  public Integer expressionInOrder() throws InterruptedException {
    Integer value = selectInOrder(newCases());
    ready.send(1);
    return value;
  }

  @Benchmark
  public Integer expressionWithDefault() throws InterruptedException {
    return select(Chan.<Integer>unbuffered().onReceive(value -> value), otherwise(() -> -1));
  }
}
