package io.heddle.race;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** The layers of the detector, from the places in the code to the agent. */
final class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.heddle.race");

  @Test
  void nothingDependsUpwards() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("agent")
        .definedBy("io.heddle.race.agent")
        .layer("hook")
        .definedBy("io.heddle.race.hook")
        .layer("shadow")
        .definedBy("io.heddle.race.shadow")
        .layer("report")
        .definedBy("io.heddle.race.report")
        .layer("clock")
        .definedBy("io.heddle.race.clock")
        .layer("site")
        .definedBy("io.heddle.race.site")
        .whereLayer("agent")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("hook")
        .mayOnlyBeAccessedByLayers("agent")
        .whereLayer("shadow")
        .mayOnlyBeAccessedByLayers("agent", "hook")
        .whereLayer("report")
        .mayOnlyBeAccessedByLayers("agent", "shadow")
        .whereLayer("clock")
        .mayOnlyAccessLayers("site")
        .whereLayer("site")
        .mayNotAccessAnyLayer()
        .check(CLASSES);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("(io.heddle.race.*)..").should().beFreeOfCycles().check(CLASSES);
  }

  /** Its classes are on the class path of the boot loader, where the program's are not visible. */
  @Test
  void dependsOnNothingButTheJdk() {
    classes()
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "java..", "jdk.internal..", "io.heddle.race..", "org.jspecify.annotations..")
        .check(CLASSES);
  }
}
