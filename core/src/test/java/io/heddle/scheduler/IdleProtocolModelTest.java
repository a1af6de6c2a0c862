package io.heddle.scheduler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.scheduler.IdleProtocolModel.Mistake;
import io.heddle.scheduler.Interleavings.Result;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("slow")
final class IdleProtocolModelTest {
  private static final int WORKERS = 2;
  private static final int OTHERS = 2;

  @Test
  void nobodySleepsWhileThereIsATaskOrAnAlarmOfItsOwn() {
    Result result = new IdleProtocolModel(WORKERS, OTHERS, Set.of()).explore();
    assertTrue(result.isRight(), result::toString);
    assertTrue(result.states() > 10_000, result::toString);
  }

  @ParameterizedTest
  @EnumSource(Mistake.class)
  void everyMistakeIsFound(Mistake mistake) {
    assertFalse(new IdleProtocolModel(WORKERS, OTHERS, Set.of(mistake)).explore().isRight());
  }

  @Test
  void aStateInWhichNobodyCanGoOnIsSeen() {
    Result result = Interleavings.explore(new int[] {0}, List.of(state -> false), state -> false);
    assertEquals(1, result.wayToFailure().size());
  }
}
