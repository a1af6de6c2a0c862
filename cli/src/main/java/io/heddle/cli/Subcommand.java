package io.heddle.cli;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The common part of commands: the help, the version, and the form of error messages. */
@Command(
    exitCodeListHeading = "%nExit codes:%n",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class)
abstract class Subcommand implements Callable<Integer> {
  @CommandLine.Spec CommandLine.Model.CommandSpec spec;

  /** Returns the exception that reports a wrong command line, and how to get help. */
  CommandLine.ParameterException usage(@Nullable String problem) {
    return new CommandLine.ParameterException(spec.commandLine(), String.valueOf(problem));
  }

  /** Prints an error; returns the exit status. */
  int fail(int status, @Nullable String problem) {
    note(problem);
    return status;
  }

  /** Prints a message after the command's name. */
  void note(@Nullable String message) {
    spec.commandLine().getErr().println(spec.qualifiedName() + ": " + message);
  }

  /** A command that only has subcommands: alone, it prints its help. */
  @Command(
      synopsisSubcommandLabel = "COMMAND",
      mixinStandardHelpOptions = true,
      versionProvider = Main.Version.class)
  abstract static class Group implements Runnable {
    @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

    @Override
    public void run() {
      spec.commandLine().usage(spec.commandLine().getOut());
    }
  }
}
