package io.heddle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import picocli.CommandLine;

final class MainTest {

  @Test
  void helpAndVersionSucceed() {
    assertEquals(CommandLine.ExitCode.OK, Main.run("--help"));
    assertEquals(CommandLine.ExitCode.OK, Main.run("--version"));
  }

  @Test
  void anUnknownCommandIsAUsageError() {
    assertEquals(CommandLine.ExitCode.USAGE, Main.run("no-such-command"));
  }
}
