package io.heddle.bench;

import io.heddle.bench.PeerProcess.PeerException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The benchmark as the command runs it. */
public final class Bench {
  private Bench() {}

  static Report run(Plan given, Installation installation, PrintStream out)
      throws IOException, PeerException, InterruptedException {
    Plan plan = given;
    Map<Contender, List<String>> commands = new EnumMap<>(Contender.class);
    List<Contender> peers = new ArrayList<>(plan.peers());
    for (Contender peer : plan.peers()) {
      if (peer.isJava()) {
        commands.put(peer, peer.javaCommand(installation.classPath(), plan.jvmFlags()));
      } else {
        Optional<Path> program = installation.goProgram();
        if (program.isPresent()) {
          commands.put(peer, List.of(program.get().toString()));
        } else {
          out.println("\n" + Installation.INSTALL_GO + "\n");
          peers.remove(peer);
        }
      }
    }
    Plan possible =
        new Plan(peers, plan.filter(), plan.quick(), plan.procs(), plan.jvmFlags(), plan.memory());
    out.println("flags of every JVM: " + String.join(" ", plan.jvmFlags()));
    try (Suite suite = new Suite(possible, commands, out::println)) {
      List<String> names = new ArrayList<>();
      for (String name : suite.start()) {
        if (plan.filter().matcher(name).find() && (!plan.quick() || Rows.isQuick(name))) {
          names.add(name);
        }
      }
      for (Suite.Calibration one : suite.calibrateWork()) {
        out.printf(
            Locale.ROOT,
            "local work %-7s %7.1f ns in Go, %7.1f ns on the JVM (%d turns)%n",
            one.work().id(),
            one.goNanos(),
            one.javaNanos(),
            one.turns());
      }
      List<Row> rows = new ArrayList<>();
      Report report = new Report(peers, rows);
      out.println(Table.header(report));
      for (String name : names) {
        Row row = suite.run(name);
        rows.add(row);
        out.println(Table.line(report, row));
        out.flush();
      }
      out.println();
      out.print(Table.summary(report));
      return report;
    }
  }

  /** For a first look. */
  public static void main(String[] args) throws Exception {
    run(
        new Plan(
            List.of(args[0].split(",")).stream().map(Contender::of).toList(),
            java.util.regex.Pattern.compile(args[1]),
            args.length > 2,
            Runtime.getRuntime().availableProcessors(),
            List.of("-XX:+UseParallelGC"),
            false),
        Installation.withClassPath(System.getProperty("java.class.path")),
        System.out);
  }
}
