package io.heddle.tour;

import static io.heddle.Go.go;

import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.Task;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs a program in a JVM of its own, with this JVM's class path and scheduler, and prints its
 * output and errors.
 *
 * @param exitStatus the expected exit status of the JVM; otherwise it throws
 */
record ChildJvm(String name, int exitStatus) implements Task {
  @Override
  public void run() throws InterruptedException {
    Go.run(() -> {
      Process process = new ProcessBuilder(command()).redirectErrorStream(true).start();
      try {
        Goroutine<?> printer = go(() -> process.getInputStream().transferTo(System.out));
        int status = process.waitFor();
        printer.join();
        if (status != exitStatus) {
          throw new IllegalStateException(
              "its exit status is " + status + ", expected " + exitStatus);
        }
      } finally {
        process.destroyForcibly();
      }
    });
  }

  private List<String> command() {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")); // it starts sooner
    if (Object.class.getModule().isOpen("java.lang", Task.class.getModule())) {
      command.add("--add-opens=java.base/java.lang=ALL-UNNAMED");
    } else {
      command.add("-Djdk.trackAllThreads=false"); // else leaks cannot be found
    }
    String scheduler = System.getProperty("heddle.scheduler");
    if (scheduler != null) {
      command.add("-Dheddle.scheduler=" + scheduler);
    }
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), name));
    return command;
  }
}
