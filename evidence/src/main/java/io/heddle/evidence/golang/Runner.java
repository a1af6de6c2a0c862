package io.heddle.evidence.golang;

import static io.heddle.Go.after;
import static io.heddle.Go.go;

import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.Select;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;

/**
 * Runs programs in a process that prints a line for each. A program that ends the process, or does
 * not end, has its verdict from that, and another process begins with the next program.
 */
final class Runner {
  /** Generous: programs take milliseconds, but the machine may be busy with other things. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final Verdict SILENCE = new Verdict("no end after " + PATIENCE.toSeconds() + " s");

  /** How Go says what Heddle says otherwise. */
  private static final Map<String, String> WORDS =
      Map.of(
          "fatal error: all goroutines are asleep - deadlock!", Verdict.DEADLOCK.text(),
          "panic: sync: negative WaitGroup counter", "panic negative WaitGroup counter",
          "fatal error: sync: unlock of unlocked mutex", "fatal unlock of unlocked Mutex",
          "fatal error: sync: Unlock of unlocked RWMutex", "fatal unlock of unlocked RWMutex",
          "fatal error: sync: RUnlock of unlocked RWMutex",
              "fatal unlock of RWMutex not read-locked");

  private Runner() {}

  /**
   * Runs programs, numbered from 0.
   *
   * @param verdicts one for each, to be set
   * @param folder for what the processes print to standard error
   * @param command the command that runs those from an index on
   * @param enough whether the verdict on one makes the rest superfluous
   */
  static void run(
      List<Verdict> verdicts, Path folder, IntFunction<List<String>> command, IntPredicate enough)
      throws IOException, InterruptedException {
    Path errors = Files.createTempFile(folder, "errors", ".txt");
    for (int next = 0; next < verdicts.size(); ) {
      Process process =
          new ProcessBuilder(command.apply(next)).redirectError(errors.toFile()).start();
      try {
        int ended = collect(process, verdicts, next, enough);
        if (ended == ENOUGH) {
          return;
        }
        if (ended < verdicts.size()) {
          verdicts.set(ended, process.isAlive() ? SILENCE : death(errors));
          if (enough.test(ended)) {
            return;
          }
        }
        next = ended + 1;
      } finally {
        process.destroyForcibly();
      }
    }
  }

  private static final int ENOUGH = -1;

  /** Sets the verdicts that a process prints. Returns the index after them, or ENOUGH. */
  private static int collect(
      Process process, List<Verdict> verdicts, int first, IntPredicate enough)
      throws InterruptedException {
    int next = first;
    Chan<String> lines = Chan.unbuffered();
    try (var context = Context.background().withCancel()) {
      go(context, () -> read(process, lines));
      while (true) {
        var line = lines.onReceive();
        var silence = after(PATIENCE).onReceive();
        String text = Select.of(line, silence).await() == line ? line.result() : null;
        if (text == null) {
          if (lines.isDrained()) {
            process.waitFor();
          }
          return next;
        }
        if (!text.startsWith(next + " ")) {
          throw new IllegalStateException("program " + next + " expected: " + text);
        }
        verdicts.set(next, new Verdict(text.substring(text.indexOf(' ') + 1)));
        if (enough.test(next)) {
          return ENOUGH;
        }
        next++;
      }
    }
  }

  private static void read(Process process, Chan<String> lines) throws InterruptedException {
    try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        lines.send(line);
      }
    } catch (IOException e) {
      // The process was killed, because its output is not needed any more.
    } finally {
      lines.close();
    }
  }

  private static Verdict death(Path errors) throws IOException {
    for (String line : Files.readAllLines(errors)) {
      String words = WORDS.get(line.replace(" [recovered]", ""));
      if (words != null) {
        return new Verdict(words);
      }
      if (line.startsWith("panic: main.own(")) {
        return Verdict.panic("own " + line.substring(16, line.indexOf(')')));
      }
      if (line.startsWith("panic: ")) {
        return Verdict.panic(line.substring(7));
      }
      if (line.startsWith("fatal error: ")) {
        return Verdict.fatal(line.substring(13));
      }
    }
    return new Verdict("death without a word");
  }
}
