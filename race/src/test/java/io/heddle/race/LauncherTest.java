package io.heddle.race;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.race.programs.Account;
import java.io.File;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code ./heddle --race}: the real script, JVM and agent, with a program that races in the place
 * of the command.
 */
@Tag("system")
@Tag("slow")
final class LauncherTest {
  @TempDir private Path root;

  @BeforeEach
  void asIfItHadBeenBuilt() throws Exception {
    Path target = Files.createDirectories(root.resolve("cli/target"));
    Path launch = Files.createDirectories(root.resolve("race/target/launch"));
    Files.createDirectory(root.resolve("bin"));
    Files.copy(Path.of("../heddle"), root.resolve("heddle"));
    Files.copy(Path.of("../bin/env.sh"), root.resolve("bin/env.sh"));
    Files.copy(ChildJvm.agent(), launch.resolve("heddle-race-0.jar"));
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, Account.class.getName());
    manifest.getMainAttributes().put(Attributes.Name.CLASS_PATH, classPath());
    try (OutputStream out = Files.newOutputStream(target.resolve("heddle.jar"))) {
      new JarOutputStream(out, manifest).close();
    }
    Files.createFile(target.resolve("built"));
  }

  private static String classPath() {
    List<String> urls = new ArrayList<>();
    for (String entry : ChildJvm.classPath().split(File.pathSeparator, -1)) {
      urls.add(Path.of(entry).toUri().toString());
    }
    return String.join(" ", urls);
  }

  @Test
  void theCommandIsCheckedAndItsStatusTells() throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder("bash", root.resolve("heddle").toString(), "--race")
            .redirectErrorStream(true);
    builder.environment().put("HEDDLE_JAVA_HOME", System.getProperty("java.home"));
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertAll(
        () -> assertEquals(66, process.waitFor(), output),
        () -> assertTrue(output.contains("balance 20\n"), output),
        () -> assertTrue(output.contains("WARNING: DATA RACE\n"), output),
        () -> assertTrue(output.contains("Found 1 data race\n"), output));
  }
}
