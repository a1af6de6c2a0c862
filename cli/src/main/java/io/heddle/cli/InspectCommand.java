package io.heddle.cli;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Opens the live page of a running program. */
@Command(
    name = "inspect",
    header = "Opens the live page of a running program in a browser.",
    description = {
      "",
      "Start the program with java -Dheddle.inspect=127.0.0.1:6060, and heddle-inspect on its class "
          + "path; `heddle purge` and `heddle orders serve` have the option --inspect. The program "
          + "then prints the address of its live page, with the token.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  heddle inspect 'http://127.0.0.1:6060/#token=…'",
      "  heddle top 'http://127.0.0.1:6060/#token=…'        the same in a terminal"
    },
    exitCodeList = {
      "0:the page was opened, or its address printed where there is no browser",
      "1:the program does not answer",
      "2:the address is wrong"
    })
final class InspectCommand extends Subcommand {
  @Parameters(paramLabel = "URL", description = "What the program has printed.")
  private String url;

  @Override
  public Integer call() {
    LivePage page;
    try {
      page = LivePage.of(url);
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
    try {
      page.get("/api/overview");
    } catch (IOException e) {
      return fail(CommandLine.ExitCode.SOFTWARE, e.getMessage());
    }
    if (!isOpened(page.url())) {
      spec.commandLine().getOut().println(page.url());
    }
    return CommandLine.ExitCode.OK;
  }

  /** Does not use java.awt, which servers lack. */
  private static boolean isOpened(String address) {
    String system = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    List<String> command =
        system.contains("mac")
            ? List.of("open", address)
            : system.contains("windows")
                ? List.of("rundll32", "url.dll,FileProtocolHandler", address)
                : List.of("xdg-open", address);
    if (command.getFirst().equals("xdg-open")
        && System.getenv("DISPLAY") == null
        && System.getenv("WAYLAND_DISPLAY") == null) {
      return false;
    }
    try {
      new ProcessBuilder(command)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .redirectError(ProcessBuilder.Redirect.DISCARD)
          .start();
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
