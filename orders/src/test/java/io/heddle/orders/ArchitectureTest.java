package io.heddle.orders;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import org.junit.jupiter.api.Test;

/** The layers of the product, from the order to the service. */
final class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.heddle.orders");

  /** Each package is a slice of its own, io.heddle.orders like those below it. */
  private static final SliceAssignment PACKAGE =
      new SliceAssignment() {
        @Override
        public SliceIdentifier getIdentifierOf(JavaClass javaClass) {
          return SliceIdentifier.of(javaClass.getPackageName());
        }

        @Override
        public String getDescription() {
          return "packages";
        }
      };

  @Test
  void nothingDependsUpwards() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("service")
        .definedBy("io.heddle.orders.service")
        .layer("pipeline")
        .definedBy("io.heddle.orders.pipeline")
        .layer("notify")
        .definedBy("io.heddle.orders.notify")
        .layer("api")
        .definedBy("io.heddle.orders.api")
        .layer("telemetry")
        .definedBy("io.heddle.orders.telemetry")
        .layer("ca")
        .definedBy("io.heddle.orders.ca")
        .layer("store")
        .definedBy("io.heddle.orders.store")
        .layer("files")
        .definedBy("io.heddle.orders.files")
        .layer("orders")
        .definedBy("io.heddle.orders")
        .whereLayer("service")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("pipeline")
        .mayOnlyBeAccessedByLayers("service")
        .whereLayer("notify")
        .mayOnlyBeAccessedByLayers("service", "pipeline")
        .whereLayer("api")
        .mayOnlyBeAccessedByLayers("service", "notify")
        .whereLayer("telemetry")
        .mayOnlyAccessLayers("ca", "store", "orders")
        .whereLayer("ca")
        .mayOnlyAccessLayers("orders")
        .whereLayer("store")
        .mayOnlyAccessLayers("orders")
        .whereLayer("files")
        .mayNotAccessAnyLayer()
        .whereLayer("orders")
        .mayNotAccessAnyLayer()
        .check(CLASSES);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().assignedFrom(PACKAGE).should().beFreeOfCycles().check(CLASSES);
  }

  /** Local servers are for tests and demonstrations. */
  @Test
  void theProductKnowsNoStandIn() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.heddle.local..", "io.heddle.testing..")
        .check(CLASSES);
  }
}
