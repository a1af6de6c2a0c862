package io.heddle.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.heddle.ShutdownContext;
import io.heddle.purge.keys.KeyLine;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The {@code heddle} command. */
@Command(name = "heddle", description = "Go's concurrency model for Java.")
public final class Main extends Subcommand.Group {
  /** In the order of the help text. */
  private static final Map<String, Class<?>> COMMANDS = new LinkedHashMap<>();

  static {
    COMMANDS.put("tour", TourCommand.class);
    COMMANDS.put("purge", PurgeCommand.class);
    COMMANDS.put("orders", OrdersCommand.class);
    COMMANDS.put("inspect", InspectCommand.class);
    COMMANDS.put("top", TopCommand.class);
    COMMANDS.put("bench", BenchCommand.class);
    COMMANDS.put("completion", CompletionCommand.class);
    COMMANDS.put("help", CommandLine.HelpCommand.class);
    COMMANDS.put("train", Train.class);
  }

  /** Runs the command and exits with its status. */
  public static void main(String[] args) {
    Utf8.setStreams();
    String[] given;
    try {
      given = OrdersConfiguration.expand(Utf8.arguments(args), Utf8.environment());
    } catch (IllegalArgumentException e) {
      System.err.println("heddle: " + e.getMessage());
      System.exit(CommandLine.ExitCode.USAGE);
      return;
    } catch (IOException e) {
      System.err.println("heddle orders serve: --config: " + e.getMessage());
      System.exit(CommandLine.ExitCode.USAGE);
      return;
    }
    System.exit(run(given));
  }

  static int run(String... args) {
    return runOn(System.getenv("TERM"), args);
  }

  /** Runs the command on a type of terminal, as in the variable TERM. */
  static int runOn(@Nullable String terminal, String... args) {
    CommandLine heddle = commandLine(args);
    heddle.setParameterExceptionHandler(Main::explain);
    heddle.registerConverter(Path.class, Utf8::path);
    heddle.setOut(new PrintWriter(System.out, true, UTF_8));
    heddle.setErr(new PrintWriter(System.err, true, UTF_8));
    if ("dumb".equals(terminal)) {
      heddle.setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF));
    }
    int status = heddle.execute(args);
    // A PrintStream reports a full disk, or a reader that has closed the pipe, only here.
    if (System.out.checkError()) {
      System.err.println("heddle: could not write to standard output");
      return status == CommandLine.ExitCode.OK ? CommandLine.ExitCode.SOFTWARE : status;
    }
    return status;
  }

  /** The exit status of a command: the one that shells expect if a signal has ended it. */
  static int status(ShutdownContext context, int status) {
    return context.signal() == null ? status : context.exitStatus();
  }

  /** Registers only the given command, or all if there is none, since each costs time. */
  private static CommandLine commandLine(String... args) {
    Class<?> called = args.length == 0 ? null : COMMANDS.get(args[0]);
    if (called == null || called == CommandLine.HelpCommand.class) {
      return allCommands();
    }
    return new CommandLine(new Main()).addSubcommand(args[0], called);
  }

  /** The command with every subcommand. */
  static CommandLine allCommands() {
    CommandLine heddle = new CommandLine(new Main());
    COMMANDS.forEach(heddle::addSubcommand);
    return heddle;
  }

  /**
   * Prints one line, because the whole help text would hide the error. The line quotes the argument
   * without the user and the password of an address.
   */
  private static int explain(CommandLine.ParameterException e, String[] args) {
    CommandLine command = e.getCommandLine();
    String name = command.getCommandSpec().qualifiedName();
    String problem = String.valueOf(e.getMessage()).replaceFirst("\\.$", "");
    if (e instanceof CommandLine.UnmatchedArgumentException unmatched
        && !unmatched.isUnknownOption()) {
      String one = unmatched.getUnmatched().getFirst();
      boolean isCommand =
          !command.getSubcommands().isEmpty()
              && command.getCommandSpec().positionalParameters().isEmpty();
      problem =
          isCommand
              ? "no command is called '" + one + "'"
              : "'" + one + "' is one argument too many";
    }
    problem = KeyLine.escaped(problem.replaceAll("://[^\\s']*@", "://***@"));
    command.getErr().println(name + ": " + problem + "; see " + name + " --help");
    return CommandLine.ExitCode.USAGE;
  }

  /** The code that should start quickly: {@code ./heddle} records it after a build. */
  @Command(name = "train", hidden = true)
  static final class Train implements Callable<Integer> {
    @Override
    public Integer call() {
      return run("tour", "--list")
          + run("purge", "--help")
          + run("purge", "--demo", "500", "--quiet")
          + run("orders", "--help")
          + run("help");
    }
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
