package io.heddle.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A running peer, which answers a line with a line. See {@code io.heddle.bench.peer.Child}. */
final class PeerProcess implements AutoCloseable {

  /** The peer reported a failure, or did not answer. */
  static final class PeerException extends Exception {
    private static final long serialVersionUID = 1;

    PeerException(String message) {
      super(message);
    }
  }

  private static final String END = "";

  private final String name;
  private final Process process;
  private final PrintWriter questions;
  private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();

  PeerProcess(String name, List<String> command, Map<String, String> environment)
      throws IOException {
    this.name = name;
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    this.process = builder.start();
    this.questions = new PrintWriter(process.outputWriter(StandardCharsets.UTF_8), true);
    BufferedReader in = process.inputReader(StandardCharsets.UTF_8);
    // A read of a pipe cannot be interrupted, so a separate thread reads, and waiting for an answer
    // can have a limit.
    Thread.ofPlatform()
        .daemon()
        .name("answers of " + name)
        .start(() -> {
          try {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
              answers.add(line);
            }
          } catch (IOException e) {
            // The process has been stopped.
          }
          answers.add(END);
        });
  }

  /** Whether it can answer more questions. */
  boolean isAlive() {
    return process.isAlive();
  }

  /**
   * Asks a question, and returns the words of the answer after those of the question.
   *
   * @throws PeerException if the peer fails, ends, or exceeds the limit; then it is stopped
   */
  String[] ask(String question, Duration limit) throws PeerException, InterruptedException {
    questions.println(question);
    String answer = answers.poll(limit.toMillis(), TimeUnit.MILLISECONDS);
    if (answer == null) {
      close();
      throw new PeerException(name + " took more than " + limit.toSeconds() + " s: " + question);
    }
    if (answer.equals(END)) {
      throw new PeerException(name + " ended during: " + question);
    }
    if (answer.startsWith("error ")) {
      throw new PeerException(name + ": " + question + ": " + answer.substring(6));
    }
    return answer.split(" ");
  }

  @Override
  public void close() {
    questions.close();
    process.destroyForcibly();
  }
}
