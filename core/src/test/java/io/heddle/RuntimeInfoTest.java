package io.heddle;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.jvm.JdkHook;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Heddle says what it runs on, and does without what it does not find: in JVMs of its own. */
@Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class RuntimeInfoTest {
  private static final String OPEN = "--add-opens=java.base/java.lang=ALL-UNNAMED";
  private static final String INHERITED = "scoped values: anna anna berta anna nobody";
  private static final String NOT_INHERITED = "scoped values: nobody nobody nobody nobody nobody";

  /** What a JVM printed. */
  private record Output(List<String> out, List<String> err) {
    /** The log's lines of this level: java.util.logging prints a date above each. */
    List<String> warnings() {
      return err.stream().filter(line -> line.startsWith("WARNING: ")).toList();
    }

    void assertHas(String line) {
      assertTrue(out.contains(line), this::toString);
    }

    void assertHasPrefix(String prefix) {
      assertTrue(out.stream().anyMatch(line -> line.startsWith(prefix)), this::toString);
    }
  }

  private static Output java(List<String> options) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    command.addAll(List.of("-Duser.language=en", "-Duser.country=US"));
    command.addAll(options);
    Path errors = Files.createTempFile("heddle", ".err");
    try {
      Process process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
      List<String> out = process.inputReader(UTF_8).lines().toList();
      int status = process.waitFor();
      Output output = new Output(out, Files.readAllLines(errors));
      assertEquals(0, status, output::toString);
      output.assertHas("a program runs");
      return output;
    } finally {
      Files.delete(errors);
    }
  }

  private static Output onClassPath(String... properties) throws Exception {
    List<String> options = new ArrayList<>(List.of(properties));
    options.addAll(List.of("-cp", location(Go.class) + ":" + location(RuntimeInfoCases.class)));
    options.add(RuntimeInfoCases.class.getName());
    return java(options);
  }

  private static Output onModulePath(String... properties) throws Exception {
    List<String> options = new ArrayList<>(List.of(properties));
    options.addAll(List.of("-p", location(Go.class).toString()));
    options.add("--patch-module=io.heddle=" + location(RuntimeInfoCases.class));
    options.addAll(List.of("-m", "io.heddle/" + RuntimeInfoCases.class.getName()));
    return java(options);
  }

  private static Path location(Class<?> type) throws Exception {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
  }

  @Test
  void onAnOpenJdkEverythingIsUsed() throws Exception {
    Output output = onClassPath(OPEN);
    output.assertHasPrefix("Heddle's scheduler, parallelism ");
    for (JdkHook hook : JdkHook.values()) {
      output.assertHas("hook " + hook.label() + " (" + hook.member() + "): used");
    }
    assertTrue(output.out.stream().noneMatch(line -> line.startsWith("unavailable")));
    output.assertHas(INHERITED);
    assertEquals(List.of(), output.err);
  }

  @Test
  void scopedValuesAreInheritedOnTheJdksSchedulerToo() throws Exception {
    Output output = onClassPath(OPEN, "-Dheddle.scheduler=jdk");
    output.assertHasPrefix("the JDK's scheduler, parallelism ");
    output.assertHas(INHERITED);
  }

  @ParameterizedTest
  @EnumSource
  void withoutAHookAProgramRunsAndOneLineSaysWhatIsDifferent(JdkHook hook) throws Exception {
    Output output = onClassPath(OPEN, "-Dheddle.hooks.off=" + hook.label());
    String problem = "turned off by -Dheddle.hooks.off";
    assertEquals(
        List.of(
            "WARNING: Heddle continues without a part of JDK %s: %s (%s), so %s"
                .formatted(Runtime.version(), hook.member(), problem, hook.otherwise())),
        output.warnings());
    output.assertHas(
        "hook %s (%s): %s, so %s"
            .formatted(hook.label(), hook.member(), problem, hook.otherwise()));
    output.assertHas("unavailable: " + hook.otherwise() + ": " + hook.member() + ": " + problem);
    output.assertHas("property heddle.hooks.off=" + hook.label());
    output.assertHas(hook == JdkHook.SCOPED_VALUES ? NOT_INHERITED : INHERITED);
    boolean isSchedulers = hook == JdkHook.SCHEDULER || hook == JdkHook.CARRIER;
    output.assertHasPrefix((isSchedulers ? "the JDK's" : "Heddle's") + " scheduler, parallelism ");
  }

  @Test
  void withoutSeveralHooksThereIsStillOneLine() throws Exception {
    Output output = onClassPath(OPEN, "-Dheddle.hooks.off=shutdown,timed-waits,start");
    assertEquals(1, output.warnings().size(), output::toString);
  }

  @Test
  void aClosedJdkIsNothingToWarnOf() throws Exception {
    Output output = onClassPath();
    output.assertHasPrefix("the JDK's scheduler, parallelism ");
    output.assertHas(NOT_INHERITED);
    output.assertHas(
        "unavailable: Heddle's own scheduler: java.lang is not open to Heddle; start java with"
            + " --add-opens java.base/java.lang=ALL-UNNAMED");
    for (JdkHook hook : JdkHook.values()) {
      // Without its own scheduler, Heddle does not start threads in its own way.
      String problem = hook == JdkHook.START ? "not looked for" : "java.lang is not open to Heddle";
      output.assertHas(
          "hook %s (%s): %s, so %s"
              .formatted(hook.label(), hook.member(), problem, hook.otherwise()));
    }
    assertEquals(List.of(), output.err);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-Dheddle.scheduler=auto", "-Dnone"})
  void openingTheClassPathForAModuleIsNoticed(String option) throws Exception {
    Output output = onModulePath(OPEN, option);
    output.assertHasPrefix("the JDK's scheduler, parallelism ");
    assertEquals(
        List.of(
            "WARNING: java.lang is open to the class path, but Heddle is a named module, so that"
                + " goroutines run on the JDK's scheduler: start java with"
                + " --add-opens java.base/java.lang=io.heddle"),
        output.warnings());
  }

  @Test
  void whoChoseTheJdksSchedulerIsNotWarned() throws Exception {
    assertEquals(List.of(), onModulePath(OPEN, "-Dheddle.scheduler=jdk").err);
  }

  @Test
  void openingTheModuleWorks() throws Exception {
    Output output = onModulePath("--add-opens=java.base/java.lang=io.heddle");
    output.assertHasPrefix("Heddle's scheduler, parallelism ");
    assertEquals(List.of(), output.err);
  }

  @Test
  void theManifestOfAJarOpensTheJdk(@TempDir Path directory) throws Exception {
    Path jar = directory.resolve("app.jar");
    Manifest manifest = new Manifest();
    Attributes attributes = manifest.getMainAttributes();
    attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
    attributes.put(Attributes.Name.MAIN_CLASS, RuntimeInfoCases.class.getName());
    attributes.put(Attributes.Name.CLASS_PATH, location(Go.class).toUri().toString());
    attributes.put(new Attributes.Name("Add-Opens"), "java.base/java.lang");
    String name = RuntimeInfoCases.class.getName().replace('.', '/') + ".class";
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream entries = new JarOutputStream(file, manifest)) {
      entries.putNextEntry(new JarEntry(name));
      entries.write(Files.readAllBytes(location(RuntimeInfoCases.class).resolve(name)));
    }
    Output output = java(List.of("-jar", jar.toString()));
    output.assertHasPrefix("Heddle's scheduler, parallelism ");
    assertEquals(List.of(), output.err);
  }
}
