package io.heddle.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.bench.peer.TimerFigures;
import io.heddle.bench.peer.TimerFigures.Lateness;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the parent makes of the measurements. */
@Tag("clock")
@Tag("slow")
class ReportTest {

  private static Row row(String name, Map<Contender, List<Double>> nanos) {
    Row row = new Row(name);
    nanos.forEach((peer, values) -> values.forEach(value -> row.add(peer, value, 16)));
    return row;
  }

  /** Against Go: twice as fast, half as fast, eight times as fast. */
  static Report report() {
    List<Row> rows =
        List.of(
            row(
                "A",
                Map.of(
                    Contender.HEDDLE, List.of(90.0, 100.0, 110.0),
                    Contender.GO, List.of(200.0),
                    Contender.JOX, List.of(400.0))),
            row(
                "B",
                Map.of(
                    Contender.HEDDLE, List.of(100.0),
                    Contender.GO, List.of(50.0),
                    Contender.JUC, List.of(25.0))),
            row("C\"<&>", Map.of(Contender.HEDDLE, List.of(100.0), Contender.GO, List.of(800.0))),
            row("D", Map.of(Contender.HEDDLE, List.of(1.0))),
            row(
                "MapClear",
                Map.of(Contender.HEDDLE, List.of(1_000.0), Contender.GO, List.of(1.0))));
    return new Report(
        Map.of("machine", "a \\ b"),
        List.of(Contender.HEDDLE, Contender.GO, Contender.JOX, Contender.JUC),
        List.of(new Suite.Calibration(Suite.LocalWork.LOCAL, 10, 30, 31)),
        rows,
        List.of(
            new Memory(Contender.GO, 1_000, 5, 6, 2_000_000, 3_000_000),
            new Memory(Contender.JUC, 1_000, 5_000_000, 6_000_000, 0, 0)),
        List.of(
            new Report.Timers(
                Contender.HEDDLE,
                1_000,
                new TimerFigures(
                    1, 2, 3, 4, 5, new Lateness(6, 7, 8), new Lateness(9_000, 10_000, 11_000)))));
  }

  @Test
  void aMedianLiesInTheMiddle() {
    assertEquals(2, Statistics.median(List.of(9.0, 1.0, 2.0)));
    assertEquals(1.5, Statistics.median(List.of(2.0, 1.0)));
    assertThrows(IllegalArgumentException.class, () -> Statistics.median(List.of()));
  }

  @Test
  void aSpreadIsTheMiddleHalfAsAPartOfTheMedian() {
    assertEquals(0.5, Statistics.spread(List.of(2.0, 3.0, 4.0, 5.0, 6.0)));
    assertEquals(0, Statistics.spread(List.of(4.0)));
  }

  @Test
  void aGeometricMeanIsTheRootOfTheProduct() {
    assertEquals(2, Statistics.geometricMean(List.of(1.0, 2.0, 4.0)), 1e-12);
    assertEquals(1, Statistics.geometricMean(List.of(0.5, 2.0)), 1e-12);
  }

  @Test
  void aRatioIsASpeed() {
    Row row = report().rows().getFirst();
    assertEquals(2, row.speed(Contender.HEDDLE, Contender.GO).orElseThrow());
    assertEquals(4, row.speed(Contender.HEDDLE, Contender.JOX).orElseThrow());
    assertTrue(row.speed(Contender.HEDDLE, Contender.JUC).isEmpty());
    assertEquals(2, row.speedAgainstBest(Contender.HEDDLE).orElseThrow());
    assertEquals(4, row.speedAgainstBestOnJvm(Contender.HEDDLE).orElseThrow());
  }

  @Test
  void theSummaryCoversTheRowsThatBothHave() {
    assertEquals(2, report().geometricMean(Contender.HEDDLE, Contender.GO).orElseThrow(), 1e-12);
    assertEquals(4, report().geometricMean(Contender.HEDDLE, Contender.JOX).orElseThrow(), 1e-12);
    assertTrue(report().geometricMean(Contender.HEDDLE, Contender.KOTLIN).isEmpty());
    assertEquals("B", report().slowest(Contender.HEDDLE, Contender.GO).orElseThrow().name());
  }

  @Test
  void theTableShowsEachFigureInItsColumn() {
    Report report = report();
    assertEquals(
        "ns/op heddle go jox juc vs go vs best spread", Table.header(report).replaceAll(" +", " "));
    assertEquals(
        "A 100 200 400 - 2.00 2.00 10%",
        Table.line(report, report.rows().getFirst()).replaceAll(" +", " "));
    assertEquals(
        "D 1.0 - - - - - 0%", Table.line(report, report.rows().get(3)).replaceAll(" +", " "));
    assertTrue(
        Table.summary(report)
            .contains("geometric mean of heddle against go: 2.00 times as fast (3 rows)"));
    assertTrue(Table.summary(report).contains("against jox: 4.00 times as fast (1 row)"));
    assertTrue(
        Table.summary(report).contains("slowest row of heddle against go: B, 0.50 times as fast"));
  }

  @Test
  void theJsonHasTheSummaryAndTheRows() {
    String json = Json.of(report()).replaceAll("\\s+", "");
    assertTrue(
        json.contains("\"summary\":{\"geomean_vs_go\":2.000,\"geomean_vs_jox\":4.000,"), json);
    assertTrue(json.contains("\"slowest_vs_go\":0.500,\"slowest_vs_go_row\":\"B\""), json);
    assertTrue(
        json.contains(
            "{\"name\":\"A\",\"ns\":{\"heddle\":100.000,\"go\":200.000,\"jox\":400.000},"
                + "\"vs_go\":2.000,\"vs_best\":2.000,\"vs_best_jvm\":4.000,"),
        json);
    assertTrue(json.contains("\"name\":\"C\\\"<&>\""), json);
    assertTrue(json.contains("\"bytes_per_goroutine\":2000.000"), json);
    assertTrue(json.contains("\"machine\":{\"machine\":\"a\\\\b\"}"), json);
  }

  @Test
  void memoryThatTheSystemDoesNotTellIsNoFigure() {
    Memory unknown = report().memory().getLast();
    assertEquals(
        "1,000 blocked goroutines, juc memory not known, started in 5 ms, woken in 6 ms",
        Table.line(unknown).replaceAll(" +", " "));
    String json = Json.of(report()).replaceAll("\\s+", "");
    assertTrue(json.contains("{\"peer\":\"juc\",\"goroutines\":1000,\"start_ns\":5000000,"), json);
    assertFalse(
        new Memory(Contender.GO, 1_000, 5, 6, 2_000_000, 1_999_999).isMemoryKnown(), "peak");
  }

  @Test
  void theChartIsAPictureWithADotForEachFigure() throws Exception {
    String svg = Chart.of(report());
    var document =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
    // Four in the legend; three, three, two and two in the rows that Go has.
    assertEquals(4 + 3 + 3 + 2 + 2, document.getElementsByTagName("circle").getLength());
    assertTrue(svg.contains("C\"&lt;&amp;&gt;, heddle: 100 ns"), svg);
  }

  /** The JDK's maps are no merit of Heddle's, and no fault. */
  @Test
  void rowsOfTheJdkDoNotCount() {
    Report report = report();
    double all = Report.geometricMean(report.rows(), Contender.HEDDLE, Contender.GO).orElseThrow();
    assertEquals(Math.pow(2 * 2 * 2 / 1_000.0, 0.25), all, 1e-12);
    assertEquals(2, report.geometricMean(Contender.HEDDLE, Contender.GO).orElseThrow(), 1e-12);
    assertTrue(Table.summary(report).contains("below 0.8 of go: B 0.50" + System.lineSeparator()));
  }

  @Test
  void thePageHasEveryTable() {
    String page = Markdown.of(report());
    assertTrue(page.contains("| A | 100 | 200 | 400 | - | 2.00 | 2.00 | 10% |\n"), page);
    assertTrue(page.contains("| go | 2.00 | 3 |\n"), page);
    assertTrue(page.contains("- Below 0.8 of Go: B 0.50.\n"), page);
    assertTrue(page.contains("| go | 1,000 | 2,000 | 1 | 2 | 0 | 0 |\n"), page);
    assertTrue(page.contains("| juc | 1,000 | - | - | - | 5 | 6 |\n"), page);
    assertTrue(
        page.contains("| heddle | 1,000 | 1 | 2 | 3 | 4 | 5 | 0 / 0 / 0 | 9 / 10 / 11 |\n"), page);
    assertTrue(page.indexOf("MapClear") > page.indexOf("ConcurrentHashMap"), page);
  }

  @Test
  @Timeout(60)
  void aFilterThatFindsNothingIsToldBeforeAnythingIsMeasured() {
    Plan plan =
        new Plan(List.of(Contender.JUC), Pattern.compile("Nope"), false, 2, List.of(), false);
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    try (PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8)) {
      Bench bench = new Bench(WorkloadsTest.INSTALLATION, out);
      ReportFiles none = new ReportFiles(null, null, null);
      Bench.NoRowException e =
          assertThrows(Bench.NoRowException.class, () -> bench.run(plan, none));
      assertEquals(
          "--filter Nope: no peer that takes part has such a row; `heddle bench --list` shows them all",
          e.getMessage());
      assertThrows(Bench.NoRowException.class, () -> bench.list(plan));
    }
    assertEquals("", printed.toString(StandardCharsets.UTF_8));
  }

  @Test
  @Timeout(60)
  void aPeerThatDoesNotStartIsLeftOut() throws Exception {
    notes.clear();
    Map<Contender, List<String>> commands = new EnumMap<>(Contender.class);
    commands.put(Contender.GO, List.of("false"));
    commands.put(
        Contender.JUC,
        Contender.JUC.javaCommand(WorkloadsTest.INSTALLATION.classPath(), List.of()));
    Plan plan =
        new Plan(
            List.of(Contender.GO, Contender.JUC), Pattern.compile(""), true, 2, List.of(), false);
    try (Suite suite = new Suite(plan, commands, notes::add)) {
      assertTrue(suite.start().contains("ChanSync"));
      assertEquals(List.of(Contender.JUC), suite.peers());
      assertEquals(1, notes.size());
      assertTrue(notes.getFirst().startsWith("FAILED, left out: go"), notes.getFirst());
    }
  }

  private static Suite suite(String... contenderAndDefect) {
    Map<Contender, List<String>> commands = new EnumMap<>(Contender.class);
    List<Contender> peers = new ArrayList<>();
    for (int i = 0; i < contenderAndDefect.length; i += 2) {
      Contender peer = Contender.of(contenderAndDefect[i]);
      peers.add(peer);
      commands.put(
          peer,
          List.of(
              System.getProperty("java.home") + "/bin/java",
              "-cp",
              WorkloadsTest.INSTALLATION.classPath(),
              LossyPeer.class.getName(),
              contenderAndDefect[i + 1]));
    }
    notes.clear();
    return new Suite(
        new Plan(peers, Pattern.compile(""), true, 2, List.of(), false), commands, notes::add);
  }

  private static final List<String> notes = new ArrayList<>();

  @Test
  @Timeout(60)
  void aSlowPeerIsReportedAsSlow() throws Exception {
    try (Suite suite = suite("heddle", "slow", "juc", "none")) {
      assertTrue(suite.start().contains("ChanCreation"));
      Row row = suite.run("ChanCreation", System.nanoTime() + 20_000_000_000L);
      assertEquals(List.of(), notes);
      assertTrue(row.speed(Contender.HEDDLE, Contender.JUC).orElseThrow() < 0.1, "slow");
      assertTrue(row.speed(Contender.JUC, Contender.HEDDLE).orElseThrow() > 10, "fast");
    }
  }

  @Test
  @Timeout(60)
  void aPeerThatLosesElementsFails() throws Exception {
    try (Suite suite = suite("heddle", "lossy", "juc", "none")) {
      suite.start();
      Row row = suite.run("ChanProdCons0", System.nanoTime() + 20_000_000_000L);
      assertTrue(row.cell(Contender.HEDDLE).isEmpty(), "its figures do not count");
      assertFalse(row.cell(Contender.JUC).isEmpty(), "the others' do");
      assertEquals(1, notes.size());
      assertTrue(
          notes.getFirst().startsWith("FAILED heddle: run ChanProdCons0"), () -> notes.getFirst());
      assertTrue(notes.getFirst().contains("the received total is"), () -> notes.getFirst());
    }
  }
}
