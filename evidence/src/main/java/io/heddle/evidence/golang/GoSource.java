package io.heddle.evidence.golang;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Prints programs as Go. */
final class GoSource {
  /** What all programs of a binary share: its main function runs those asked for, in order. */
  static final String PRELUDE =
      """
      package main

      import (
      	"context"
      	"fmt"
      	"os"
      	"runtime"
      	"strconv"
      	"strings"
      	"sync"
      	"sync/atomic"
      	"time"
      )

      type own int64

      var (
      	_ = runtime.Gosched
      	_ sync.Mutex
      	_ = atomic.AddInt64
      	_ = time.Now
      )

      func truth(b bool) int64 {
      	if b {
      		return 1
      	}
      	return 0
      }

      type wrapped struct {
      	context.Context
      }

      func code(ctx context.Context) int64 {
      	switch ctx.Err() {
      	case nil:
      		return 0
      	case context.Canceled:
      		return 1
      	case context.DeadlineExceeded:
      		return 2
      	}
      	return -1
      }

      func try(f func()) (number int64) {
      	defer func() {
      		switch e := recover().(type) {
      		case nil:
      		case own:
      			number = 100 + int64(e)
      		default:
      			message := fmt.Sprint(e)
      			switch {
      			case strings.HasSuffix(message, "send on closed channel"):
      				number = 1
      			case strings.HasSuffix(message, "close of closed channel"):
      				number = 2
      			case strings.HasSuffix(message, "close of nil channel"):
      				number = 3
      			case strings.HasSuffix(message, "negative WaitGroup counter"):
      				number = 4
      			default:
      				panic(e)
      			}
      		}
      	}()
      	f()
      	return 0
      }

      func main() {
      	from, _ := strconv.Atoi(os.Args[1])
      	for i := from; i < len(programs); i++ {
      		fmt.Printf("%d answer %d\\n", i, programs[i]())
      	}
      }
      """;

  private final StringBuilder out = new StringBuilder();
  private int indent;
  private int temporaries;

  private GoSource() {}

  /** A file with some programs, whose functions are called {@code p} and their index. */
  static String file(List<Tree.Program> programs, int first) {
    GoSource source = new GoSource();
    source.line(
        """
        package main

        import (
        	"context"
        	"runtime"
        	"sync"
        	"sync/atomic"
        	"time"
        )

        var (
        	_ = runtime.Gosched
        	_ context.Context
        	_ sync.Mutex
        	_ = atomic.AddInt64
        	_ = time.Now
        )
        """);
    for (int i = 0; i < programs.size(); i++) {
      source.program(programs.get(i), "p" + (first + i));
    }
    return source.out.toString();
  }

  /** The table of all programs of a binary. */
  static String table(int size) {
    StringBuilder table = new StringBuilder("package main\n\nvar programs = []func() int64{\n");
    for (int i = 0; i < size; i++) {
      table.append("\tp").append(i).append(",\n");
    }
    return table.append("}\n").toString();
  }

  /** One program, for people to read. */
  static String text(Tree.Program program) {
    GoSource source = new GoSource();
    source.program(program, "program");
    return source.out.toString();
  }

  private void program(Tree.Program program, String name) {
    line("// Seed " + program.seed() + ".");
    line("func " + name + "() int64 {");
    body(program.body());
    indent++;
    line("return v" + program.answer());
    indent--;
    line("}\n");
  }

  private void line(String text) {
    out.repeat('\t', indent).append(text).append('\n');
  }

  private void body(List<Tree.Stmt> body) {
    indent++;
    body.forEach(this::statement);
    indent--;
  }

  private void block(String head, List<Tree.Stmt> body, String end) {
    line(head);
    body(body);
    line(end);
  }

  private void declare(int variable, String value) {
    line("v" + variable + " := " + value);
    line("_ = v" + variable);
  }

  private void statement(Tree.Stmt statement) {
    switch (statement) {
      case Tree.Let(int v, Tree.Expr value) -> declare(v, "int64(" + text(value) + ")");
      case Tree.Set(int v, Tree.Expr value) -> line("v" + v + " = " + text(value));
      case Tree.Make make -> make(make);
      case Tree.Store(int cell, Tree.Expr value) -> line("*v" + cell + " = " + text(value));
      case Tree.Count(int v, int counter, Tree.Expr value) ->
          declare(v, "atomic.AddInt64(v" + counter + ", " + text(value) + ")");
      case Tree.Send(int chan, Tree.Expr value, _) -> line("v" + chan + " <- " + text(value));
      case Tree.Receive(int v, int ok, int chan, _) -> {
        int temporary = temporaries++;
        line("v" + v + ", t" + temporary + " := <-v" + chan);
        declare(ok, "truth(t" + temporary + ")");
        line("_ = v" + v);
      }
      case Tree.SendChan(int chan, int value) -> line("v" + chan + " <- v" + value);
      case Tree.ReceiveChan(int v, int chan) -> declare(v, "<-v" + chan);
      case Tree.Close(int chan) -> line("close(v" + chan + ")");
      case Tree.Range(int chan, int v, List<Tree.Stmt> body, _) -> {
        line("for v" + v + " := range v" + chan + " {");
        line("\t_ = v" + v);
        body(body);
        line("}");
      }
      case Tree.Select select -> select(select);
      case Tree.For(int v, int times, List<Tree.Stmt> body) ->
          block("for v%1$d := int64(0); v%1$d < %2$d; v%1$d++ {".formatted(v, times), body, "}");
      case Tree.While(Tree.Test test, List<Tree.Stmt> body) ->
          block("for " + text(test) + " {", body, "}");
      case Tree.If(Tree.Test test, List<Tree.Stmt> then, List<Tree.Stmt> otherwise) -> {
        block("if " + text(test) + " {", then, "} else {");
        body(otherwise);
        line("}");
      }
      case Tree.Start(List<Tree.Stmt> body, int group, _) -> {
        if (group != Tree.NONE) {
          line("v" + group + ".Add(1)");
        }
        line("go func() {");
        if (group != Tree.NONE) {
          line("\tdefer v" + group + ".Done()");
        }
        body(body);
        line("}()");
      }
      case Tree.Add(int group, long delta) -> line("v" + group + ".Add(" + delta + ")");
      case Tree.Done(int group) -> line("v" + group + ".Done()");
      case Tree.Wait(int group, _) -> line("v" + group + ".Wait()");
      case Tree.Lock(int mutex, _) -> line("v" + mutex + ".Lock()");
      case Tree.Unlock(int mutex) -> line("v" + mutex + ".Unlock()");
      case Tree.TryLock(int v, int mutex) -> declare(v, "truth(v" + mutex + ".TryLock())");
      case Tree.LockReading(int mutex, _) -> line("v" + mutex + ".RLock()");
      case Tree.UnlockReading(int mutex) -> line("v" + mutex + ".RUnlock()");
      case Tree.Await(int cond) -> line("v" + cond + ".Wait()");
      case Tree.Signal(int cond) -> line("v" + cond + ".Signal()");
      case Tree.Broadcast(int cond) -> line("v" + cond + ".Broadcast()");
      case Tree.Once(int once, List<Tree.Stmt> body) ->
          block("v" + once + ".Do(func() {", body, "})");
      case Tree.Cancel(int context) -> line("cancel" + context + "()");
      case Tree.Try(int v, List<Tree.Stmt> body) -> {
        block("v" + v + " := try(func() {", body, "})");
        line("_ = v" + v);
      }
      case Tree.Panic(int number) -> line("panic(own(" + number + "))");
      case Tree.Yield _ -> line("runtime.Gosched()");
      case Tree.Sleep(int micros) -> line("time.Sleep(" + micros + " * time.Microsecond)");
      case Tree.Block _ -> line("select {}");
    }
  }

  private void make(Tree.Make make) {
    int v = make.variable();
    String parent = make.of() == Tree.NONE ? "context.Background()" : "v" + make.of();
    switch (make.kind()) {
      case CHAN -> declare(v, "make(chan int64, " + make.size() + ")");
      case NIL_CHAN -> declare(v, "(chan int64)(nil)");
      case CHAN_OF_CHANS -> declare(v, "make(chan chan int64, " + make.size() + ")");
      case MUTEX -> declare(v, "new(sync.Mutex)");
      case RWMUTEX -> declare(v, "new(sync.RWMutex)");
      case COND -> declare(v, "sync.NewCond(v" + make.of() + ")");
      case WAIT_GROUP -> declare(v, "new(sync.WaitGroup)");
      case ONCE -> declare(v, "new(sync.Once)");
      case CELL, COUNTER -> {
        declare(v, "new(int64)");
        line("*v" + v + " = " + make.size());
      }
      case CONTEXT, WRAPPED_CONTEXT -> {
        String above = make.kind() == Tree.Kind.CONTEXT ? parent : "wrapped{" + parent + "}";
        line("v%1$d, cancel%1$d := context.WithCancel(%2$s)".formatted(v, above));
        line("_, _ = v%1$d, cancel%1$d".formatted(v));
      }
      case TIMEOUT -> {
        line(
            "v%1$d, cancel%1$d := context.WithTimeout(%2$s, %3$d*time.Millisecond)"
                .formatted(v, parent, make.size()));
        line("_, _ = v%1$d, cancel%1$d".formatted(v));
      }
    }
  }

  private void select(Tree.Select select) {
    // A channel that takes part only sometimes is a variable that is nil otherwise: Go's idiom.
    List<String> heads = new ArrayList<>();
    line("{");
    indent++;
    for (Tree.Arm arm : select.arms()) {
      heads.add(
          switch (arm) {
            case Tree.OnReceive on ->
                "v"
                    + on.variable()
                    + ", k"
                    + on.ok()
                    + " := <-"
                    + channel("chan int64", "v" + on.chan(), on.when());
            case Tree.OnSend on ->
                channel("chan int64", "v" + on.chan(), on.when()) + " <- " + text(on.value());
            case Tree.OnDone on ->
                "<-" + channel("<-chan struct{}", "v" + on.context() + ".Done()", on.when());
            case Tree.OnTime on ->
                "<-"
                    + channel(
                        "<-chan time.Time",
                        "time.After(" + on.millis() + " * time.Millisecond)",
                        on.when());
          });
    }
    line("select {");
    for (int i = 0; i < heads.size(); i++) {
      line("case " + heads.get(i) + ":");
      if (select.arms().get(i) instanceof Tree.OnReceive on) {
        line("\tv%1$d := truth(k%1$d)".formatted(on.ok()));
        line("\t_, _ = v" + on.variable() + ", v" + on.ok());
      }
      body(select.arms().get(i).body());
    }
    List<Tree.Stmt> otherwise = select.otherwise();
    if (otherwise != null) {
      line("default:");
      body(otherwise);
    }
    line("}");
    indent--;
    line("}");
  }

  private String channel(String type, String channel, Tree.@Nullable Test when) {
    if (when == null) {
      return channel;
    }
    String name = "t" + temporaries++;
    line("var " + name + " " + type);
    line("if " + text(when) + " {");
    line("\t" + name + " = " + channel);
    line("}");
    return name;
  }

  private static String text(Tree.Test test) {
    return text(test.left()) + " " + test.relation() + " " + text(test.right());
  }

  private static String text(Tree.Expr expression) {
    return switch (expression) {
      case Tree.Const(long value) -> String.valueOf(value);
      case Tree.Var(int v) -> "v" + v;
      case Tree.Op(char sign, Tree.Expr left, Tree.Expr right) ->
          "(" + text(left) + " " + sign + " " + text(right) + ")";
      case Tree.Remainder(Tree.Expr of, long by) -> "(" + text(of) + " % " + by + ")";
      case Tree.Load(int cell) -> "*v" + cell;
      case Tree.LoadCounter(int counter) -> "atomic.LoadInt64(v" + counter + ")";
      case Tree.Len(int chan) -> "int64(len(v" + chan + "))";
      case Tree.Cap(int chan) -> "int64(cap(v" + chan + "))";
      case Tree.Err(int context) -> "code(v" + context + ")";
    };
  }
}
