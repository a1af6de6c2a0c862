package io.heddle.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The {@code heddle} command. */
@Command(
    name = "heddle",
    description = "Go's concurrency model for Java.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    subcommands = TourCommand.class,
    synopsisSubcommandLabel = "COMMAND")
public final class Main implements Runnable {

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  /** Runs the command and exits with its status. */
  public static void main(String[] args) {
    System.exit(run(args));
  }

  static int run(String... args) {
    return new CommandLine(new Main()).execute(args);
  }

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  /** Reads the version from the jar's manifest. */
  static final class Version implements CommandLine.IVersionProvider {

    @Override
    public String[] getVersion() {
      String version = Main.class.getPackage().getImplementationVersion();
      return new String[] {
        "heddle " + (version == null ? "(not packaged)" : version), "Java " + Runtime.version()
      };
    }
  }
}
