package io.heddle.evidence.mutants;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The table of mutants goes with the sources. */
@Tag("slow")
final class MutantTest {
  private static final Path CORE = Path.of("..", "core");

  static List<Mutant> all() {
    return Mutant.all();
  }

  @ParameterizedTest
  @MethodSource("all")
  void everyMutantHasOnePlace(Mutant mutant) throws Exception {
    String source = Files.readString(CORE.resolve("src/main/java").resolve(mutant.file()));
    assertTrue(!mutant.plant(source).equals(source), "it changes nothing");
    for (String test : mutant.tests()) {
      Path file = CORE.resolve("src/test/java/io/heddle/" + test.replace('.', '/') + ".java");
      assertTrue(Files.exists(file), file + " is not there");
    }
  }

  @Test
  void namesTellMutantsApart() {
    assertEquals(all().size(), all().stream().map(Mutant::name).distinct().count());
  }

  @Test
  void aMutantSurvivesAnotherFormat() {
    Mutant mutant = new Mutant("A.java", List.of(), "", "f(a, b);", "g();");
    assertEquals("{ g(); }", mutant.plant("{ f(\n    a,\n    b); }"));
  }

  @Test
  void aMutantWithoutAPlaceOrWithTwoIsReported() {
    Mutant mutant = new Mutant("A.java", List.of(), "", "f(a, b);", "g();");
    assertThrows(IllegalStateException.class, () -> mutant.plant("f(a, c);"));
    assertThrows(IllegalStateException.class, () -> mutant.plant("f(a, b); f(a,b);"));
  }
}
