package io.heddle.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.bench.PeerProcess.PeerException;
import io.heddle.bench.peer.TimerFigures;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every workload of every peer, with few operations; each workload checks its own result. */
@Tag("system")
@Tag("slow")
class WorkloadsTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  /** Half of the processors' threads compile otherwise; short runs do not need the best code. */
  private static final List<String> FLAGS = List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");

  static final Installation INSTALLATION =
      Installation.withClassPath(
          System.getProperty(
              "surefire.test.class.path", System.getProperty("java.class.path", "")));

  static PeerProcess start(Contender peer) throws Exception {
    List<String> command;
    if (peer.isJava()) {
      command = peer.javaCommand(INSTALLATION.classPath(), FLAGS);
    } else {
      Path program = INSTALLATION.goProgram().orElse(null);
      if (program == null) {
        System.err.println(Installation.INSTALL_GO);
      }
      Assumptions.assumeTrue(program != null, "Go is not installed");
      command = List.of(program.toString());
    }
    return new PeerProcess(peer.id(), command, Map.of("GOMAXPROCS", "2"));
  }

  static Set<String> names(PeerProcess process) throws Exception {
    String[] answer = process.ask("list", LIMIT);
    return new LinkedHashSet<>(List.of(answer).subList(1, answer.length));
  }

  @ParameterizedTest
  @EnumSource
  @Timeout(120)
  void everyWorkloadDoesItsWork(Contender peer) throws Exception {
    try (PeerProcess process = start(peer)) {
      Set<String> names = names(process);
      assertTrue(names.size() > 20, () -> peer + " has only " + names);
      for (String name : names) {
        long n = Rows.unit(name) * 2;
        String[] answer = process.ask("run " + name + " " + n, LIMIT);
        assertEquals(
            List.of("run", name, Long.toString(n)), List.of(answer).subList(0, 3), peer.id());
        assertTrue(Long.parseLong(answer[3]) > 0, () -> name + " took no time");
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  @Timeout(60)
  void blockedGoroutinesEndWhenTheyAreWoken(Contender peer) throws Exception {
    try (PeerProcess process = start(peer)) {
      String[] answer = process.ask("park 1000", LIMIT);
      assertEquals("1000", answer[1]);
      assertTrue(Long.parseLong(answer[2]) > 0 && Long.parseLong(answer[3]) > 0);
      assertTrue(
          Long.parseLong(answer[5]) >= Long.parseLong(answer[4]),
          () -> "the peak is below what there is: " + String.join(" ", answer));
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"HEDDLE", "HEDDLE_JDK", "GO"})
  @Timeout(120)
  void pendingTimersAreMeasured(Contender peer) throws Exception {
    try (PeerProcess process = start(peer)) {
      String[] answer = process.ask("timers 2000", LIMIT);
      TimerFigures figures = TimerFigures.of(answer);
      assertTrue(figures.startNanos() > 0 && figures.fireNanos() > 0, () -> figures.toString());
      assertTrue(figures.busy().most() <= figures.busy().worst(), () -> figures.toString());
    }
  }

  @Test
  void nobodyHasARowThatHeddleHasNot() throws Exception {
    Set<String> heddle;
    try (PeerProcess process = start(Contender.HEDDLE)) {
      heddle = names(process);
    }
    for (Contender peer : List.of(Contender.GO, Contender.KOTLIN, Contender.JOX, Contender.JUC)) {
      try (PeerProcess process = start(peer)) {
        Set<String> more = new TreeSet<>(names(process));
        more.removeAll(heddle);
        assertEquals(Set.of(), more, peer.id());
      }
    }
  }

  @Test
  void goHasEveryRow() throws Exception {
    try (PeerProcess heddle = start(Contender.HEDDLE);
        PeerProcess go = start(Contender.GO)) {
      assertEquals(new TreeSet<>(names(heddle)), new TreeSet<>(names(go)));
    }
  }

  @Test
  void everyQuickRowExists() throws Exception {
    try (PeerProcess heddle = start(Contender.HEDDLE)) {
      Set<String> missing = new TreeSet<>(Rows.quick());
      missing.removeAll(names(heddle));
      assertEquals(Set.of(), missing);
    }
  }

  @Test
  void aWorkloadThatIsNotThereFails() throws Exception {
    try (PeerProcess heddle = start(Contender.HEDDLE)) {
      PeerException e = assertThrows(PeerException.class, () -> heddle.ask("run Nothing 1", LIMIT));
      assertEquals("heddle: run Nothing 1: no workload Nothing", e.getMessage());
    }
  }

  @Test
  void aPeerThatDoesNotAnswerIsGivenUp() throws Exception {
    try (PeerProcess silent = new PeerProcess("silent", List.of("sleep", "60"), Map.of())) {
      PeerException e =
          assertThrows(PeerException.class, () -> silent.ask("list", Duration.ofMillis(50)));
      assertTrue(e.getMessage().contains("took more than"), e.getMessage());
    }
  }
}
