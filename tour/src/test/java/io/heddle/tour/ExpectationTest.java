package io.heddle.tour;

import static io.heddle.tour.Expectation.agree;
import static io.heddle.tour.Expectation.all;
import static io.heddle.tour.Expectation.anyOrder;
import static io.heddle.tour.Expectation.at;
import static io.heddle.tour.Expectation.exactly;
import static io.heddle.tour.Expectation.first;
import static io.heddle.tour.Expectation.inOrder;
import static io.heddle.tour.Expectation.last;
import static io.heddle.tour.Expectation.matching;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

final class ExpectationTest {

  private static void accepts(Expectation expectation, String... lines) {
    assertNull(expectation.complaint(List.of(lines)));
  }

  private static void refuses(String complaint, Expectation expectation, String... lines) {
    assertEquals(complaint, expectation.complaint(List.of(lines)));
  }

  @Nested
  final class Matching {
    private final Expectation ab = matching("a+", "b\\(\\d\\)");

    @Test
    void acceptsLinesThatMatch() {
      accepts(ab, "aaa", "b(1)");
    }

    @Test
    void refusesALineThatMatchesInPart() {
      refuses("line 2: expected what matches b\\(\\d\\), but \"b(1)x\" came", ab, "aaa", "b(1)x");
    }

    @Test
    void refusesAnotherNumberOfLines() {
      refuses("expected 2 lines, but 1 came", ab, "a");
      refuses("expected 2 lines, but 3 came", ab, "a", "b(1)", "b(1)");
    }
  }

  @Nested
  final class Exactly {
    private final Expectation ab = exactly("a", "b");

    @Test
    void acceptsTheLines() {
      accepts(ab, "a", "b");
      accepts(exactly());
    }

    @Test
    void refusesAMissingLine() {
      refuses("line 2: expected \"b\", but nothing came", ab, "a");
      refuses("line 1: expected \"a\", but nothing came", ab);
    }

    @Test
    void refusesALineTooMuch() {
      refuses("line 3: expected nothing, but \"b\" came", ab, "a", "b", "b");
      refuses("line 1: expected nothing, but \"\" came", exactly(), "");
    }

    @Test
    void refusesAnotherLine() {
      refuses("line 2: expected \"b\", but \"B\" came", ab, "a", "B");
    }

    @Test
    void refusesAnotherOrder() {
      refuses("line 1: expected \"a\", but \"b\" came", ab, "b", "a");
    }
  }

  @Nested
  final class AnyOrder {
    private final Expectation aab = anyOrder("a", "a", "b");

    @Test
    void acceptsEveryOrder() {
      accepts(aab, "a", "a", "b");
      accepts(aab, "a", "b", "a");
      accepts(aab, "b", "a", "a");
    }

    @Test
    void refusesAMissingLineEvenIfOneLikeItCame() {
      refuses("missing: \"a\"", aab, "a", "b");
    }

    @Test
    void refusesALineTooMuchEvenIfOneLikeItIsExpected() {
      refuses("too much: \"b\"", aab, "b", "a", "a", "b");
    }

    @Test
    void refusesAnotherLine() {
      refuses("missing: \"b\"; too much: \"c\"", aab, "a", "c", "a");
    }
  }

  @Nested
  final class InOrder {
    private final Expectation ab = inOrder("a", "b");

    @Test
    void acceptsTheLinesAmongOthers() {
      accepts(ab, "a", "b");
      accepts(ab, "x", "a", "x", "b", "x");
    }

    @Test
    void refusesAnotherOrder() {
      refuses("\"b\" came too early", ab, "b", "a");
    }

    @Test
    void refusesAMissingLine() {
      refuses("\"a\" did not come", ab, "b");
      refuses("\"b\" did not come", ab, "x", "a");
    }
  }

  @Nested
  final class At {
    @Test
    void acceptsTheLineInItsPlace() {
      accepts(first("a"), "a", "b", "c");
      accepts(at(2, "b"), "a", "b", "c");
      accepts(at(-2, "b"), "a", "b", "c");
      accepts(last("c"), "a", "b", "c");
    }

    @Test
    void refusesItElsewhere() {
      refuses("the first line: expected \"a\", but \"b\" came", first("a"), "b", "a");
      refuses("line 2: expected \"a\", but \"b\" came", at(2, "a"), "a", "b");
      refuses("the last line: expected \"a\", but \"b\" came", last("a"), "a", "b");
    }

    @Test
    void refusesTooFewLines() {
      refuses("the first line: expected \"a\", but nothing came", first("a"));
      refuses("the last line: expected \"a\", but nothing came", last("a"));
      refuses("line 3: expected \"a\", but nothing came", at(3, "a"), "a", "a");
    }
  }

  @Nested
  final class Agree {
    private final Expectation same = agree(1, 2, "worker (\\d)");

    @Test
    void acceptsTheSameGroup() {
      accepts(same, "worker 1 waits", "worker 1 works");
    }

    @Test
    void refusesAnotherGroup() {
      refuses(
          "the first line and line 2: expected the same worker (\\d), "
              + "but \"worker 1 waits\" and \"worker 2 works\" came",
          same,
          "worker 1 waits",
          "worker 2 works");
    }

    @Test
    void refusesLinesWithoutTheGroup() {
      assertNotNull(same.complaint(List.of("a", "b")));
      assertNotNull(same.complaint(List.of("worker 1 waits")));
    }
  }

  @Nested
  final class All {
    @Test
    void acceptsWhatAllPartsAccept() {
      accepts(all(anyOrder("a", "b", "c"), first("a"), last("c")), "a", "b", "c");
    }

    @Test
    void refusesWithEachComplaint() {
      refuses(
          """
          the first line: expected "a", but "b" came
          the last line: expected "c", but "a" came\
          """,
          all(anyOrder("a", "b", "c"), first("a"), last("c")),
          "b",
          "c",
          "a");
    }
  }

  /** The expectation whose order is the most involved. */
  @Nested
  final class SignalAndBroadcast {
    private final Expectation prints =
        Programs.list().stream()
            .filter(program -> program.name().equals("SignalAndBroadcast"))
            .findFirst()
            .orElseThrow()
            .prints();

    private List<String> lines(int... workers) {
      List<String> lines = new ArrayList<>();
      for (int i = 0; i < workers.length; i++) {
        String does = i < 3 ? "waiting" : "proceeding";
        lines.add("Worker " + workers[i] + " is " + does);
      }
      lines.add(3, "Notifying one worker");
      lines.add(5, "Broadcasting to all remaining workers");
      lines.add("Main function exiting.");
      return lines;
    }

    @Test
    void theWorkersMayWaitInAnyOrder() {
      assertNull(prints.complaint(lines(2, 0, 1, 2, 0, 1)));
      assertNull(prints.complaint(lines(1, 2, 0, 1, 0, 2)));
    }

    @Test
    void theFirstToWaitIsTheOneSignalled() {
      String complaint = prints.complaint(lines(2, 0, 1, 0, 2, 1));
      assertNotNull(complaint);
      assertTrue(complaint.contains("expected the same Worker (\\d)"), complaint);
    }

    @Test
    void everyWorkerProceedsOnce() {
      assertNotNull(prints.complaint(lines(2, 0, 1, 2, 1, 1)));
    }

    @Test
    void noTwoNeighboursThatDifferInKindMayBeExchanged() {
      List<String> lines = lines(0, 1, 2, 0, 1, 2);
      for (int i : new int[] {2, 3, 4, 5, 7}) {
        List<String> wrong = new ArrayList<>(lines);
        Collections.swap(wrong, i, i + 1);
        assertNotNull(prints.complaint(wrong), () -> "accepted " + wrong);
      }
    }
  }

  @Test
  void aDescriptionNamesEveryLine() {
    String description =
        all(exactly("a", "b"), anyOrder("c"), inOrder("d", "e"), last("f"), agree(1, 2, "(g)"))
            .describe();
    for (String line : List.of("a", "b", "c", "\"d\"", "\"e\"", "the last line \"f\"", "(g)")) {
      assertTrue(description.contains(line), description);
    }
  }
}
