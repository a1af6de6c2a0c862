package io.heddle;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.util.Set;
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

  /** Which methods assertions call. */
  private static final Set<String> LOCK_CHECKS = Set.of("isHeld", "areHeld", "holdsLock");

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

  /** The suffix of methods that need the lock, see SpinLock. */
  @Test
  void aMethodThatNeedsTheLockAssertsThatItIsHeld() {
    methods()
        .that()
        .haveNameEndingWith("Locked")
        .should(
            new ArchCondition<JavaMethod>("assert that the lock is held") {
              @Override
              public void check(JavaMethod method, ConditionEvents events) {
                boolean asserts =
                    method.getMethodCallsFromSelf().stream()
                        .anyMatch(call -> LOCK_CHECKS.contains(call.getTarget().getName()));
                events.add(
                    new SimpleConditionEvent(
                        method, asserts, method.getFullName() + " asserts nothing of its lock"));
              }
            })
        .check(core);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().assignedFrom(PACKAGE).should().beFreeOfCycles().check(core);
  }
}
