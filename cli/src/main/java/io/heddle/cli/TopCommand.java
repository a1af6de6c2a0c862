package io.heddle.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.Console;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows the goroutines of a running program. */
@Command(
    name = "top",
    header = "Shows in a terminal what the goroutines of a running program do.",
    description = {
      "",
      "Shows circles of goroutines that wait for each other, the bottlenecks of pipelines, leaks, the "
          + "largest groups of goroutines, channels with names, and the scheduler. Ctrl-C ends it. "
          + "Where standard output is not a terminal, it prints once. See heddle inspect --help.",
      ""
    },
    exitCodeList = {"0:shown", "1:the program does not answer", "2:the address is wrong"})
final class TopCommand extends Subcommand {
  private static final int MOST_GROUPS = 10;
  private static final int MOST_CHANNELS = 10;
  private static final Pattern LIBRARY =
      Pattern.compile("(\\S*/)?(java\\.|jdk\\.|io\\.heddle\\.([A-Z]|(flow|interop|rate)\\.))");

  private static final String CLEAR = "\033[H\033[2J";

  @Parameters(paramLabel = "URL", description = "What the program has printed.")
  private String url;

  @Option(
      names = "--every",
      paramLabel = "TIME",
      defaultValue = "2s",
      converter = DurationConverter.class,
      description = "Time between two looks (default: ${DEFAULT-VALUE}).")
  private Duration every = Duration.ofSeconds(2);

  @Option(names = "--once", description = "Print once, and end.")
  private boolean once;

  @Override
  public Integer call() throws InterruptedException {
    LivePage page;
    try {
      page = LivePage.of(url);
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
    boolean repeats = !once && hasConsole();
    PrintWriter out = spec.commandLine().getOut();
    do {
      String text;
      try {
        text = text(page);
      } catch (IOException e) {
        return fail(CommandLine.ExitCode.SOFTWARE, e.getMessage());
      }
      out.print(repeats ? CLEAR + text : text);
      out.flush();
      if (repeats) {
        Thread.sleep(every);
      }
    } while (repeats && !out.checkError());
    return CommandLine.ExitCode.OK;
  }

  @SuppressWarnings("SystemConsoleNull") // it may, says its Javadoc
  private static boolean hasConsole() {
    Console console = System.console();
    return console != null && console.isTerminal();
  }

  private static String text(LivePage page) throws IOException {
    JsonObject overview = page.get("/api/overview");
    JsonObject waits = page.get("/api/waits");
    JsonObject pipelines = page.get("/api/pipelines");
    JsonObject goroutines = page.get("/api/goroutines");
    JsonObject leaks = page.get("/api/leaks");
    StringBuilder text = new StringBuilder();
    text.append(
        format(
            "%s, process %d%n%s%n",
            overview.get("command").getAsString(),
            overview.get("pid").getAsLong(),
            overview.get("scheduler").getAsString()));
    text.append(format("%,d goroutines", overview.get("goroutines").getAsLong()));
    overview
        .getAsJsonObject("states")
        .entrySet()
        .forEach(
            state -> text.append(format(", %,d %s", state.getValue().getAsLong(), state.getKey())));
    text.append(
        format(
            "%n%d queued, %d stuck workers, %,d timers, %,d leaked%n",
            Math.max(0, overview.get("queued").getAsInt()),
            overview.get("stuck").getAsInt(),
            overview.get("timers").getAsInt(),
            overview.get("leaks").getAsLong()));
    addCycles(waits, text);
    addBottlenecks(pipelines, text);
    addGroups("LEAKED", leaks.getAsJsonArray("groups"), text);
    addChannels(waits, text);
    addGroups("GOROUTINES", goroutines.getAsJsonArray("groups"), text);
    return text.toString();
  }

  /** With the same digits and separators in every locale. */
  @SuppressWarnings("AnnotateFormatMethod") // Error Prone's annotations are no dependency
  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }

  private static void addCycles(JsonObject waits, StringBuilder text) {
    JsonObject names = waits.getAsJsonObject("names");
    for (JsonElement cycle : waits.getAsJsonArray("cycles")) {
      text.append("\nCIRCLE: ");
      String first = "";
      for (JsonElement one : cycle.getAsJsonArray()) {
        JsonElement name = names.get(one.getAsString());
        String shown = name == null ? "thread " + one : name.getAsString();
        first = first.isEmpty() ? shown : first;
        text.append(shown).append(" waits for ");
      }
      text.append(first).append('\n');
    }
  }

  private static void addBottlenecks(JsonObject pipelines, StringBuilder text) {
    for (JsonElement one : pipelines.getAsJsonArray("stages")) {
      JsonObject stage = one.getAsJsonObject();
      if (stage.get("isBottleneck").getAsBoolean()) {
        text.append(
            format(
                "%nBOTTLENECK: stage %s at %s works %d%% of its time%n",
                stage.get("kind").getAsString(),
                stage.get("place").getAsString(),
                Math.round(stage.get("working").getAsDouble() * 100)));
      }
    }
  }

  private static void addChannels(JsonObject waits, StringBuilder text) {
    int shown = 0;
    for (JsonElement one : waits.getAsJsonArray("objects")) {
      JsonObject channel = one.getAsJsonObject();
      if (!channel.get("name").isJsonNull() && shown++ < MOST_CHANNELS) {
        text.append(shown == 1 ? "\nCHANNELS          length  capacity  senders  receivers\n" : "");
        text.append(
            format(
                "%-16s %7d %9d %8d %10d%n",
                channel.get("name").getAsString(),
                channel.get("len").getAsInt(),
                channel.get("cap").getAsInt(),
                channel.get("senders").getAsInt(),
                channel.get("receivers").getAsInt()));
      }
    }
  }

  private static void addGroups(String title, JsonArray groups, StringBuilder text) {
    for (int i = 0; i < Math.min(groups.size(), MOST_GROUPS); i++) {
      JsonObject group = groups.get(i).getAsJsonObject();
      JsonElement reason = group.get("waitReason");
      text.append(i == 0 ? "\n" + title + "\n" : "");
      text.append(
          format(
              "%9d  %-24s %s%n",
              group.get("count").getAsLong(),
              reason.isJsonNull() ? group.get("state").getAsString() : reason.getAsString(),
              place(group)));
    }
  }

  /** The innermost frame of the program's own code. */
  private static String place(JsonObject group) {
    for (JsonElement frame : group.getAsJsonArray("stack")) {
      String text = frame.getAsString();
      if (!LIBRARY.matcher(text).lookingAt()) {
        return text;
      }
    }
    return group.get("createdBy").getAsString();
  }
}
