package io.heddle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

final class MainTest {

  @Test
  void helpAndVersionSucceed() {
    assertEquals(CommandLine.ExitCode.OK, Main.run("--help"));
    assertEquals(CommandLine.ExitCode.OK, Main.run("--version"));
  }

  /** What a command prints to standard output. */
  private static String output(int status, String... args) {
    PrintStream before = System.out;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
      System.setOut(out);
      assertEquals(status, Main.run(args));
    } finally {
      System.setOut(before);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Nested
  final class TourCommand {
    @Test
    void runsThePrograms() {
      assertTrue(
          output(0, "tour", "Channels", "wait-groups").endsWith("tour: 2 passed, 0 failed\n"));
    }

    @Test
    void listsThemWithoutRunningAny() {
      String list = output(0, "tour", "--list");
      assertTrue(list.contains("  Goroutines"), list);
      assertFalse(list.contains("Hello"), list);
    }

    @Test
    void printsASource() {
      assertTrue(output(0, "tour", "--source", "Channels").contains("void main()"));
    }

    @Test
    void explainsItself() {
      String help = output(0, "tour", "--help");
      assertTrue(help.contains("Examples:"), help);
      assertTrue(help.contains("Exit codes:"), help);
      assertTrue(output(0, "--help").contains("tour"));
    }

    @Test
    void answersAnUnknownNameWithAUsageError() {
      assertEquals("", output(2, "tour", "NoSuchProgram"));
      assertEquals("", output(2, "tour", "--source", "NoSuchProgram"));
      assertEquals("", output(2, "tour", "--source"));
      assertEquals("", output(2, "tour", "--list", "Channels"));
      assertEquals("", output(2, "tour", "--no-such-option"));
    }
  }

  @Test
  void anUnknownCommandIsAUsageError() {
    assertEquals(CommandLine.ExitCode.USAGE, Main.run("no-such-command"));
  }
}
