package io.heddle.orders.service;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.TaskGroup;
import io.heddle.orders.service.MarkingQueue.Mutant;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@link PipelineChaosTest} finds what it looks for, in pipelines with {@linkplain Mutant defects}.
 */
@Timeout(value = 7200, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class PipelineMutantsTest {
  @TempDir private Path folder;

  /** All of them at the same time: most of it is waiting. */
  @Test
  void aPipelineThatWorksBadlyIsFoundOut() throws Exception {
    TaskGroup<Void> group = new TaskGroup<Void>().keepGoing();
    for (Mutant mutant : EnumSet.complementOf(EnumSet.of(Mutant.NONE))) {
      Path own = Files.createDirectory(folder.resolve(mutant.name()));
      group.go(() -> {
        List<String> faults =
            new PipelineChaosTest().shared(mutant.needsDeaths ? 30 : 12, mutant, own);
        System.out.println(mutant + ": " + faults.size() + " faults");
        assertTrue(
            faults.stream().anyMatch(fault -> fault.contains(mutant.symptom)),
            () -> mutant + " was not found, but: " + faults);
      });
    }
    group.await();
  }
}
