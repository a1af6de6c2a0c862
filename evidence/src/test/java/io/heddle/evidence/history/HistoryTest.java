package io.heddle.evidence.history;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.evidence.history.Item.Kind;
import io.heddle.testing.LeakChecked;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random programs on the real objects have linearizable histories; on broken ones they have not.
 */
@Tag("slow")
final class HistoryTest {
  private static final long SECONDS = Long.getLong("heddle.histories.seconds", 4);
  private static final long SEED = Long.getLong("heddle.histories.seed", 1);

  /** How long to look for a mutant: it is found within a second where nothing else runs. */
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);

  @Test
  void ofRandomProgramsOverAllObjectsAreLinearizable() throws Exception {
    Campaign campaign = new Campaign(Generator::program, Rig::new, 3);
    Campaign.Finding finding = campaign.smallest(SEED, TimeUnit.SECONDS.toNanos(SECONDS));
    System.out.printf(
        Locale.ROOT,
        "histories from seed %d: %,d checked; %,d of them end with threads asleep for good reason%n",
        SEED,
        campaign.histories,
        campaign.asleep);
    assertNull(finding);
    assertTrue(campaign.asleep > 0, "too few histories to say anything");
  }

  static Stream<Arguments> mutants() {
    return Stream.of(
        mutant(Mutants.ActsOnAnOldLook::new, Kind.CHANNEL),
        mutant(Mutants.LosesAValueToAnInterrupt::new, Kind.CHANNEL),
        mutant(Mutants.SwallowsInterrupts::new, Kind.CHANNEL, Kind.MUTEX),
        mutant(Mutants.LetsSendersGoEarly::new, Kind.CHANNEL),
        mutant(Mutants.SelectsOneByOne::new, Kind.CHANNEL),
        mutant(Mutants.AcquiresOneByOne::new, Kind.SEMAPHORE),
        mutant(Mutants.ForgetsToWake::new, Kind.SEMAPHORE),
        mutant(Mutants.LetsTwoIn::new, Kind.MUTEX),
        mutant(Mutants.LosesASignal::new, Kind.COND),
        mutant(Mutants.ComesBackEarly::new, Kind.WAIT_GROUP),
        mutant(Mutants.YieldsStaleTimes::new, Kind.TIMER),
        mutant(Mutants.IsDeafToItsContext::new, Kind.CHANNEL, Kind.CONTEXT));
  }

  private static Arguments mutant(Function<Program, Rig> rigs, Kind... kinds) {
    String name =
        rigs.apply(new Program(java.util.List.of(), java.util.List.of()))
            .getClass()
            .getSimpleName();
    return Arguments.of(name, rigs, Set.of(kinds));
  }

  /** A broken object may leave its own goroutine waiting forever. This counts as found, too. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("mutants")
  @LeakChecked(ignoring = "created by io.heddle.evidence.history.Mutants")
  void findAnObjectThat(String name, Function<Program, Rig> rigs, Set<Kind> kinds)
      throws Exception {
    Campaign campaign = new Campaign(random -> Generator.program(random, kinds), rigs, 3);
    Campaign.Finding finding = campaign.first(1, PATIENCE);
    assertNotNull(finding, name + " was not found");
  }
}
