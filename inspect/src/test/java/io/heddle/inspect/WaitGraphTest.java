package io.heddle.inspect;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.heddle.internal.Inspection.ObjectState;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class WaitGraphTest {
  private final List<ObjectState> objects = new ArrayList<>();

  private WaitGraphTest lock(List<Long> waiting, Long... holders) {
    objects.add(
        new ObjectState(
            objects.size(),
            "Mutex",
            null,
            0,
            0,
            false,
            0,
            0,
            waiting.size(),
            waiting,
            List.of(holders)));
    return this;
  }

  private List<List<Long>> cycles() {
    return new WaitGraph(objects).cycles();
  }

  @Test
  void aChainIsNoCircle() {
    lock(List.of(1L), 2L).lock(List.of(2L), 3L).lock(List.of(4L), 3L);
    assertEquals(List.of(), cycles());
  }

  @Test
  void twoThatWaitForEachOtherAreACircle() {
    lock(List.of(1L), 2L).lock(List.of(2L), 1L);
    assertEquals(List.of(List.of(1L, 2L)), cycles());
  }

  @Test
  void whoOnlyWaitsForACircleIsNotPartOfIt() {
    lock(List.of(9L, 1L), 2L).lock(List.of(2L), 3L).lock(List.of(3L), 1L);
    assertEquals(List.of(List.of(2L, 3L, 1L)), cycles());
  }

  @Test
  void aCircleMayLeadThroughAnyOfSeveralReaders() {
    lock(List.of(1L), 5L, 6L, 2L).lock(List.of(2L), 1L);
    assertEquals(List.of(List.of(1L, 2L)), cycles());
  }

  @Test
  void oneThatWaitsForItselfIsACircle() {
    lock(List.of(1L), 1L);
    assertEquals(List.of(List.of(1L)), cycles());
  }

  @Test
  void twoCirclesAreTwo() {
    lock(List.of(1L), 2L).lock(List.of(2L), 1L).lock(List.of(3L), 4L).lock(List.of(4L), 3L);
    assertEquals(List.of(List.of(1L, 2L), List.of(3L, 4L)), cycles());
  }

  @Test
  void whoWaitsForAChannelWaitsForNoOne() {
    lock(List.of(1L, 2L));
    assertEquals(List.of(), cycles());
  }
}
