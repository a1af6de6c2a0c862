package io.heddle.cli;

import io.heddle.tour.Tour;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The tour: short programs, one for each pattern, that check themselves. */
@Command(
    name = "tour",
    customSynopsis = {
      "heddle tour [--virtual] [NAME...]",
      "       heddle tour --list",
      "       heddle tour --source NAME..."
    },
    header = "Runs short programs, one for each concurrency pattern, and checks what they print.",
    description = {
      "",
      "Each program is one short file that reads like the Go original. The tour runs them one after "
          + "another, shows what they print, and checks it against what they must print, as far as "
          + "the order of the lines is certain, and against the time they must take at least.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  heddle tour                         run everything, in about 15 seconds",
      "  heddle tour --virtual               run everything, in about a second",
      "  heddle tour --list                  what there is",
      "  heddle tour Timeouts wait-groups    run these two",
      "  heddle tour --source Timeouts       print a program",
      "",
      "To run a program's file, from Heddle's folder, with the java of a JDK 25:",
      "  java --add-opens java.base/java.lang=ALL-UNNAMED -cp \"cli/target/lib/*\" \\",
      "      tour/programs/Timeouts.java"
    },
    exitCodeList = {
      "0:all programs passed",
      "1:a program failed: it printed something else, was too quick, threw, or did not end; or "
          + "standard output could not be written",
      "2:no program has this name, or an option is wrong"
    })
final class TourCommand extends Subcommand {

  @Option(
      names = "--virtual",
      description =
          "Run the programs in virtual time: those that sleep for seconds take milliseconds.")
  private boolean virtual;

  @Option(names = "--list", description = "List the programs and run none.")
  private boolean list;

  @Option(names = "--source", description = "Print the programs' sources and run none.")
  private boolean source;

  @Parameters(
      paramLabel = "NAME",
      arity = "0..*",
      description =
          "Programs or their files, in any case, with or without hyphens. All if none is named.")
  private @Nullable List<String> names;

  @Override
  public Integer call() throws InterruptedException {
    List<String> wanted = names == null ? List.of() : names;
    boolean colour = spec.commandLine().getColorScheme().ansi().enabled();
    Tour real = new Tour(System.out, colour);
    Tour tour = virtual ? real.virtual() : real;
    if (list && (source || virtual || !wanted.isEmpty())) {
      throw usage("--list goes alone");
    }
    if (source && wanted.isEmpty()) {
      throw usage("--source needs the NAME of a program");
    }
    try {
      if (list) {
        tour.list();
        return CommandLine.ExitCode.OK;
      }
      if (source) {
        System.out.print(String.join("\n", wanted.stream().map(Tour::source).toList()));
        System.out.flush();
        return CommandLine.ExitCode.OK;
      }
      return tour.run(wanted);
    } catch (IllegalArgumentException e) {
      return fail(CommandLine.ExitCode.USAGE, e.getMessage());
    }
  }
}
