package io.heddle.purge;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.concurrent.ExecutorService;
import org.junit.jupiter.api.Test;

/** Who may know whom. */
final class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.heddle.purge");

  @Test
  void nothingDependsUpwards() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("report")
        .definedBy("io.heddle.purge.report")
        .layer("engine")
        .definedBy("io.heddle.purge.engine")
        .layer("workers")
        .definedBy("io.heddle.purge.workers")
        .layer("stores")
        .definedBy("io.heddle.purge.stores")
        .layer("purge")
        .definedBy("io.heddle.purge")
        .layer("keys")
        .definedBy("io.heddle.purge.keys")
        .whereLayer("report")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("workers")
        .mayOnlyBeAccessedByLayers("report")
        .whereLayer("stores")
        .mayOnlyBeAccessedByLayers("workers")
        .whereLayer("engine")
        .mayOnlyBeAccessedByLayers("report", "workers")
        .whereLayer("keys")
        .mayNotAccessAnyLayer()
        .check(CLASSES);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("(io.heddle.purge..)").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void whatRunsAtTheSameTimeRunsInGoroutines() {
    noClasses()
        .should()
        .callConstructor(Thread.class)
        .orShould()
        .dependOnClassesThat()
        .areAssignableTo(ExecutorService.class)
        .check(CLASSES);
  }
}
