package io.heddle;

import static io.heddle.Go.go;
import static io.heddle.Go.run;

import java.time.Duration;

/** What {@link ShutdownContextTest} runs in JVMs of their own, to send them signals. */
final class ShutdownCases {
  private ShutdownCases() {}

  public static void main(String[] arguments) throws Exception {
    switch (arguments[0]) {
      case "serve" -> run(ShutdownCases::serve);
      case "status" -> System.exit(statusAfterShutdown());
      case "panic" -> run(() -> failAfterShutdown());
      case "stuck" -> run(() -> holdOpen(Duration.ofMinutes(5)));
      case "grace" -> run(() -> holdOpen(Duration.ofMillis(50)));
      case "two programs" -> twoPrograms();
      case "one after the other" -> {
        run(ShutdownCases::serve);
        run(ShutdownCases::serve);
      }
      case "late" -> run(() -> openLate());
      case "reload" -> run(() -> reload());
      case "before" -> {
        IO.println("ready");
        run(() -> Go.sleep(Duration.ofMinutes(5)));
      }
      case "after" -> {
        Context.untilShutdown().close();
        IO.println("ready");
        run(() -> Go.sleep(Duration.ofMinutes(5)));
      }
      case "closed by a hook" -> {
        ShutdownContext context = Context.untilShutdown();
        Runtime.getRuntime().addShutdownHook(new Thread(context::close));
        IO.println("ready");
        run(() -> Go.sleep(Duration.ofMinutes(5)));
      }
      case "hook" -> {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> IO.println("hook")));
        run(ShutdownCases::serve);
      }
      default -> throw new IllegalArgumentException(arguments[0]);
    }
  }

  private static void serve() throws InterruptedException {
    try (ShutdownContext context = Context.untilShutdown()) {
      Goroutine<?> worker = go(context, "worker", () -> Chan.never().receive());
      IO.println("ready");
      worker.join();
      IO.println("ended by " + text(context));
    }
  }

  private static String text(ShutdownContext context) {
    Throwable cause = context.cause();
    return (cause == null ? null : cause.getMessage()) + ", " + context.signal();
  }

  private static int statusAfterShutdown() throws InterruptedException {
    try (ShutdownContext context = Context.untilShutdown()) {
      IO.println("ready");
      context.done().receive();
      return context.exitStatus();
    }
  }

  private static void failAfterShutdown() throws InterruptedException {
    try (ShutdownContext context = Context.untilShutdown()) {
      IO.println("ready");
      context.done().receive();
      throw new IllegalStateException("cannot save");
    }
  }

  /** Does not close the context although it is cancelled. */
  private static void holdOpen(Duration grace) throws InterruptedException {
    try (ShutdownContext context = Context.untilShutdown(grace)) {
      IO.println("ready");
      context.done().receive();
      IO.println("cancelled");
      Chan.never().receive();
    }
  }

  private static void twoPrograms() throws InterruptedException {
    Chan<String> ends = Chan.unbuffered();
    for (String name : new String[] {"first", "second"}) {
      Thread.ofPlatform()
          .daemon()
          .start(() -> {
            try {
              run(() -> {
                try (ShutdownContext context = Context.untilShutdown()) {
                  ends.send(name + " is ready");
                  context.done().receive();
                  ends.send("ended by " + text(context));
                }
              });
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
          });
    }
    ends.receive();
    ends.receive();
    IO.println("ready");
    IO.println(ends.receive());
    IO.println(ends.receive());
  }

  /** Opens the next context before the thread that brought the signal learns of the last's end. */
  private static void reload() throws InterruptedException {
    ShutdownContext first = Context.untilShutdown();
    IO.println("ready");
    first.done().receive();
    ShutdownContext second;
    synchronized (Shutdown.LOCK) {
      first.close();
      second = Context.untilShutdown(Duration.ZERO);
    }
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getName().equals("SIGHUP handler")) {
        thread.join();
      }
    }
    IO.println("reloaded: " + text(second));
    second.close();
  }

  private static void openLate() throws InterruptedException {
    try (ShutdownContext context = Context.untilShutdown()) {
      IO.println("ready");
      context.done().receive();
      try (ShutdownContext late = Context.untilShutdown()) {
        IO.println("late: " + text(late));
      }
    }
    try (ShutdownContext later = Context.untilShutdown()) {
      IO.println("later: " + text(later));
    }
  }
}
