package io.heddle.cli;

import picocli.AutoComplete;
import picocli.CommandLine.Command;

/** Prints a script for shells. */
@Command(
    name = "completion",
    header = "Prints a script with which bash and zsh complete commands and options.",
    description = {
      "",
      "For the current shell: source <(heddle completion)",
      "For each new one, add that line to ~/.bashrc. For zsh, add it to ~/.zshrc, after compinit.",
      ""
    },
    exitCodeList = {"0:printed"})
final class CompletionCommand extends Subcommand {
  @Override
  public Integer call() {
    spec.commandLine().getOut().print(AutoComplete.bash("heddle", Main.allCommands()));
    spec.commandLine().getOut().flush();
    return 0;
  }
}
