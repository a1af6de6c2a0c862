package io.heddle.race;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.race.kernels.KernelRunner;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Programs after Go's own race tests: those with a race are reported, the others are not. */
@Tag("system")
@Tag("slow")
class KernelsTest {
  private static final String TIMES = System.getProperty("heddle.race.times", "1");

  @Test
  void everyRaceIsReportedAndNothingElse() throws Exception {
    ChildJvm jvm = ChildJvm.run("exclude=io.heddle.race.unseen.", KernelRunner.class, "", TIMES);
    assertTrue(jvm.output().endsWith("end of kernels\n"), jvm::output);
    List<String> wrong = jvm.output().lines().filter(line -> !line.startsWith("ok ")).toList();
    assertEquals(List.of("end of kernels"), wrong, jvm::output);
    assertEquals(0, jvm.status());
  }
}
