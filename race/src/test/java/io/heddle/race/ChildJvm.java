package io.heddle.race;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A JVM of its own with the agent, as that checks all classes that are loaded after it. */
record ChildJvm(int status, String output) {
  /** How many schedules correct programs are explored under. */
  static final String SCHEDULES = System.getProperty("heddle.race.schedules", "5");

  static ChildJvm run(String options, Class<?> main, String... arguments)
      throws IOException, InterruptedException {
    return run(agent(), options, List.of(), main, arguments);
  }

  /** The agent's jar. */
  static Path agent() {
    return Path.of(System.getProperty("heddle.race.jar"));
  }

  static ChildJvm run(
      Path agent, String options, List<String> flags, Class<?> main, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(java()));
    command.addAll(flags);
    command.addAll(
        List.of(
            "-Xmx512m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xshare:off", // else the JVM says that it shares less than usual
            "--add-opens=java.base/java.lang=ALL-UNNAMED",
            "-javaagent:" + agent + "=" + options,
            "-cp",
            classPath(),
            main.getName()));
    return exec(command, arguments);
  }

  static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  static ChildJvm exec(List<String> command, String... arguments)
      throws IOException, InterruptedException {
    List<String> whole = new ArrayList<>(command);
    whole.addAll(List.of(arguments));
    Process process = new ProcessBuilder(whole).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new ChildJvm(process.waitFor(), output);
  }

  /** Without the agent's own classes: they are to come from its jar, as for a user. */
  static String classPath() {
    Path own = agent().resolveSibling("classes");
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(entry -> !Path.of(entry).equals(own))
        .collect(Collectors.joining(File.pathSeparator));
  }
}
