package io.heddle;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import org.junit.jupiter.api.Test;

/** What core may depend on, and that its packages form layers. */
final class ArchitectureTest {

  /** Each package is a slice of its own, io.heddle like those below it. */
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

  private final JavaClasses core =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.heddle");

  @Test
  void dependsOnNothingButTheJdk() {
    classes()
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "java..",
            "javax.management..",
            "com.sun.management..",
            "io.heddle..",
            "org.jspecify.annotations..")
        .check(core);
  }

  /** What everything else stands on. */
  @Test
  void theLowestPackagesKnowNothingOfTheRest() {
    classes()
        .that()
        .resideInAnyPackage("io.heddle.jvm", "io.heddle.internal")
        .should()
        .onlyDependOnClassesThat(
            resideOutsideOfPackage("io.heddle..")
                .or(resideInAnyPackage("io.heddle.jvm", "io.heddle.internal")))
        .check(core);
  }

  /** Those who use the core are for the core to call through its interfaces. */
  @Test
  void theCoreKnowsNothingOfWhatIsBuiltOnIt() {
    noClasses()
        .that()
        .resideInAPackage("io.heddle")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.heddle.flow", "io.heddle.interop", "io.heddle.rate")
        .check(core);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().assignedFrom(PACKAGE).should().beFreeOfCycles().check(core);
  }
}
