package io.heddle.bench.heddle;

import static io.heddle.Go.go;

import io.heddle.CancelContext;
import io.heddle.Case;
import io.heddle.Context;
import io.heddle.Select;
import io.heddle.WaitGroup;
import io.heddle.bench.peer.Round;
import io.heddle.bench.peer.Work;
import io.heddle.bench.peer.Workloads;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The benchmarks of Go's {@code context}. */
final class Contexts {
  private Contexts() {}

  private static final Context.Key<String> KEY = Context.key("key");
  private static final Context.Key<String> MISSING = Context.key("missing");

  static void addTo(Workloads workloads) {
    workloads.add("CommonParentCancel", Contexts::commonParentCancel);
    for (int concurrency : new int[] {40, 4_000, 400_000}) {
      workloads.add("WithTimeout/" + concurrency, r -> withTimeout(r, concurrency));
    }
    for (int depth : new int[] {1, 10, 100, 1_000}) {
      workloads
          .add("CancelTree/" + depth + "/Background", r -> tree(r, depth, Root.BACKGROUND))
          .add("CancelTree/" + depth + "/OpenCanceler", r -> tree(r, depth, Root.OPEN))
          .add("CancelTree/" + depth + "/ClosedCanceler", r -> tree(r, depth, Root.CLOSED));
    }
    workloads
        .add("CheckCanceled/Err", Contexts::checkError)
        .add("CheckCanceled/Done", Contexts::checkDone)
        .add("ContextCancelDone", Contexts::cancelDone);
    for (int depth : new int[] {10, 20, 30, 50, 100}) {
      workloads
          .add("DeepValueNewGoRoutine/" + depth, r -> deepValueElsewhere(r, depth))
          .add("DeepValueSameGoRoutine/" + depth, r -> deepValue(r, depth));
    }
  }

  private static void commonParentCancel(Round r) throws Exception {
    CancelContext shared = Context.background().withValue(KEY, "value").withCancel();
    r.runParallel(share -> {
      while (share.next()) {
        CancelContext context = shared.withCancel();
        if (context.value(KEY) == null) {
          throw new IllegalStateException("the value is lost");
        }
        Work.CANCEL.run();
        context.cancel();
        Work.CANCEL.run();
      }
    });
    shared.cancel();
  }

  private static void withTimeout(Round r, int concurrency) throws Exception {
    Duration hour = Duration.ofHours(1);
    int part = concurrency / r.procs();
    CancelContext[] background = new CancelContext[part * r.procs()];
    Times.inEachProcessor(
        r.procs(),
        p -> {
          for (int i = p * part; i < (p + 1) * part; i++) {
            background[i] = Context.background().withTimeout(hour);
          }
        });
    r.resetTimer();
    r.runParallel(share -> {
      CancelContext[] contexts = new CancelContext[10];
      while (share.next()) {
        for (int i = 0; i < contexts.length; i++) {
          contexts[i] = Context.background().withTimeout(hour);
        }
        for (CancelContext context : contexts) {
          context.cancel();
        }
      }
    });
    r.stopTimer();
    for (CancelContext context : background) {
      context.cancel();
    }
  }

  private enum Root {
    BACKGROUND,
    OPEN,
    CLOSED
  }

  /** Keeps the compiler from removing unused contexts. */
  private static @Nullable Context leaf;

  private static void tree(Round r, int depth, Root kind) {
    for (long op = 0; op < r.n(); op++) {
      Context context = Context.background();
      CancelContext root = null;
      if (kind != Root.BACKGROUND) {
        root = context.withCancel();
        if (kind == Root.CLOSED) {
          root.cancel();
        }
        context = root;
      }
      CancelContext last = null;
      for (int i = 0; i < depth; i++) {
        last = context.withCancel();
        context = last;
      }
      leaf = context;
      if (root != null) {
        root.cancel();
        if (last != null && !last.isDone()) {
          throw new IllegalStateException("not cancelled");
        }
      }
    }
    r.check("trees", leaf == null ? 0 : 1, 1);
  }

  private static void checkError(Round r) {
    CancelContext context = Context.background().withCancel();
    context.cancel();
    for (long i = 0; i < r.n(); i++) {
      if (context.error() == null) {
        throw new IllegalStateException("not cancelled");
      }
    }
  }

  private static void checkDone(Round r) {
    CancelContext context = Context.background().withCancel();
    context.cancel();
    Case<?> done = context.onDone();
    Select select = Select.of(done);
    for (long i = 0; i < r.n(); i++) {
      if (select.tryAwait() != done) {
        throw new IllegalStateException("not cancelled");
      }
    }
  }

  private static void cancelDone(Round r) throws Exception {
    CancelContext context = Context.background().withCancel();
    r.runParallel(share -> {
      Select select = Select.of(context.onDone());
      while (share.next()) {
        if (select.tryAwait() != null) {
          throw new IllegalStateException("cancelled");
        }
      }
    });
    context.cancel();
  }

  private static Context chain(int depth) {
    Context context = Context.background();
    for (int i = 0; i < depth; i++) {
      context = context.withValue(Context.key("depth " + i), i);
    }
    return context;
  }

  private static void deepValueElsewhere(Round r, int depth) throws Exception {
    Context context = chain(depth);
    for (long i = 0; i < r.n(); i++) {
      WaitGroup group = new WaitGroup();
      group.add(1);
      go(() -> {
        look(context);
        group.done();
      });
      group.await();
    }
  }

  private static void deepValue(Round r, int depth) {
    Context context = chain(depth);
    for (long i = 0; i < r.n(); i++) {
      look(context);
    }
  }

  private static void look(Context context) {
    if (context.value(MISSING) != null) {
      throw new IllegalStateException("a value from nowhere");
    }
  }
}
