package io.heddle.cli;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the published modules declare, and the parts of {@code bin/release} that check a build. */
@Tag("system")
@Tag("slow")
final class ArtefactsTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Pattern ARTEFACT = Pattern.compile("<artifactId>(heddle-[\\w-]+)<");
  private static final Pattern MODULE = Pattern.compile("<module>([\\w/-]+)<");

  /** What a module has only if tests are compiled. The published artefacts are built without. */
  private static final Pattern FOR_TESTS =
      Pattern.compile("(?s)<activation>\\s*<property>\\s*<name>!maven.test.skip<.*?</profile>");

  private static final Pattern USES = Pattern.compile("uses: *(\\S+)");

  @TempDir private Path folder;

  @Test
  void everyPublishedModuleIsDescribedDocumentedAndNamed() throws Exception {
    var checked = new ArrayList<String>();
    for (String module : matches(MODULE, Files.readString(ROOT.resolve("pom.xml")))) {
      String pom = Files.readString(ROOT.resolve(module, "pom.xml"));
      String name = artefacts(pom).get(1); // after the parent's
      if (published().contains(name)) {
        assertTrue(pom.contains("<name>") && pom.contains("<description>"), name);
        assertTrue(pom.contains("<artifactId>maven-javadoc-plugin<"), name);
        assertTrue(
            Files.exists(ROOT.resolve(module, "src/main/java/module-info.java"))
                || pom.contains("<Automatic-Module-Name>"),
            name);
        checked.add(name);
      }
    }
    assertEquals(published(), checked);
  }

  /** Not even in tests, unless a profile leaves that out: the artefacts are built alone. */
  @Test
  void noPublishedModuleNeedsOneThatIsNot() throws Exception {
    var allowed = new ArrayList<>(published());
    allowed.add("heddle-parent");
    for (String module : matches(MODULE, Files.readString(ROOT.resolve("pom.xml")))) {
      String pom = Files.readString(ROOT.resolve(module, "pom.xml"));
      if (published().contains(artefacts(pom).get(1))) {
        var others = new ArrayList<>(artefacts(FOR_TESTS.matcher(pom).replaceAll("")));
        others.removeAll(allowed);
        assertEquals(List.of(), others, module);
      }
    }
  }

  @Test
  void aMissingOrDamagedFileIsReported() throws Exception {
    Path base = folder.resolve("io/heddle/heddle-core/1.0.0/heddle-core-1.0.0");
    Files.createDirectories(base.getParent());
    Files.writeString(Path.of(base + ".pom"), "<project><parent><name>n</name></project>");
    Files.writeString(Path.of(base + ".pom.md5"), "0");
    Result result = bash("check_artefacts '" + ROOT + "' '" + folder + "' 1.0.0");
    assertAll(
        () -> assertEquals(1, result.status, result.output),
        () -> result.mustSay("heddle-core 1.0.0: lacks heddle-core-1.0.0-sources.jar"),
        () -> result.mustSay("heddle-core 1.0.0: lacks heddle-core-1.0.0-javadoc.jar"),
        () -> result.mustSay("heddle-core 1.0.0: lacks heddle-core-1.0.0-cyclonedx.json"),
        () -> result.mustSay("heddle-core 1.0.0: lacks the right .md5 of heddle-core-1.0.0.pom"),
        () -> result.mustSay("heddle-core 1.0.0: lacks the signature of heddle-core-1.0.0.pom"),
        () -> result.mustSay("heddle-core 1.0.0: has no <licenses> in its POM"),
        () -> result.mustSay("heddle-core 1.0.0: has a parent in its POM"),
        () -> assertFalse(result.output.contains("has no <name>"), result.output),
        () -> result.mustSay("heddle-bom 1.0.0: lacks heddle-bom-1.0.0.pom"));
  }

  @Test
  void twoBuildsAreTheSameOnlyIfEachByteIs() throws Exception {
    for (String build : List.of("first", "second")) {
      Path repository = Files.createDirectories(folder.resolve(build));
      Files.writeString(repository.resolve("a.jar"), "content");
      // These depend on the day and the key.
      Files.writeString(repository.resolve("a.jar.asc"), build);
      Files.writeString(repository.resolve("maven-metadata.xml"), build);
    }
    String compare = "same_artefacts '" + folder + "/first' '" + folder + "/second'";
    assertEquals(0, bash(compare).status);

    Files.writeString(folder.resolve("second/a.jar"), "Content");
    Result changed = bash(compare);
    assertEquals(1, changed.status);
    changed.mustSay("NOT REPRODUCIBLE: a.jar");

    Files.delete(folder.resolve("second/a.jar"));
    Result missing = bash(compare);
    assertEquals(1, missing.status);
    missing.mustSay("different files");
  }

  @Test
  void moduleMetadataThatDiffersFromThePomOrTheJarIsReported() throws Exception {
    assumeTrue(bash("command -v node").status == 0, "NOT TESTED: module metadata, without node");
    Path base = folder.resolve("io/heddle/heddle-core/1.0.0/heddle-core-1.0.0");
    Files.createDirectories(base.getParent());
    Files.writeString(Path.of(base + ".jar"), "content");
    String jar = bash("printf %s content | sha256sum | cut -d ' ' -f 1").output.strip();
    Files.writeString(
        Path.of(base + ".pom"),
        """
        <project><!-- do_not_remove: published-with-gradle-metadata -->
          <dependencies><dependency><groupId>org.jspecify</groupId><artifactId>jspecify</artifactId>
            <version>1.0.1</version></dependency></dependencies>
        </project>
        """);
    Files.writeString(
        Path.of(base + ".module"),
        """
        {"formatVersion": "1.1",
         "component": {"group": "io.heddle", "module": "heddle-core", "version": "1.0.0"},
         "variants": [{"name": "apiElements",
          "attributes": {"org.gradle.category": "library", "org.gradle.usage": "java-runtime"},
          "dependencies": [{"group": "io.heddle", "module": "heddle-bom",
            "version": {"requires": "1.0.0"}, "attributes": {"org.gradle.category": "platform"}}],
          "files": [{"name": "a", "url": "heddle-core-1.0.0.jar", "size": 7, "sha256": "%s"}]}]}
        """
            .formatted(jar));
    Path build = folder.resolve("build.gradle.kts");
    Files.writeString(build, "implementation(\"io.heddle:heddle-inspect:1.0.0\")");
    Result result =
        bash("node '" + ROOT + "/bin/check-modules.mjs' '" + folder + "' '" + build + "'");
    assertAll(
        () -> assertEquals(1, result.status, result.output),
        () -> result.mustSay("heddle-core 1.0.0: lacks a variant"),
        () -> result.mustSay("apiElements has org.gradle.usage=java-runtime"),
        () -> result.mustSay("depends on , and the POM on org.jspecify:jspecify:1.0.1"),
        () -> result.mustSay("heddle-core-1.0.0.jar has another sha512"),
        () -> assertFalse(result.output.contains("another sha256"), result.output),
        () -> assertFalse(result.output.contains("has the platforms"), result.output),
        () -> result.mustSay("does not use heddle-bom"),
        () -> result.mustSay("io.heddle:heddle-inspect:1.0.0 cannot be resolved"));
  }

  @Test
  void workflowsPinActionsAndHoldNoSecrets() throws Exception {
    try (var files = Files.list(ROOT.resolve(".github/workflows"))) {
      for (Path file : files.toList()) {
        String text = Files.readString(file);
        for (String action : matches(USES, text)) {
          assertTrue(action.matches("[\\w-]+(/[\\w-]+)+@v\\d+"), file + ": " + action);
        }
        for (String line :
            text.lines().filter(l -> l.matches(".*(TOKEN|KEY|PASS\\w*):.*")).toList()) {
          assertTrue(line.matches(" *\\w+: \\$\\{\\{ secrets\\.\\w+ }}"), file + ": " + line);
        }
      }
    }
  }

  private static List<String> published() throws IOException {
    String bom = Files.readString(ROOT.resolve("bom/pom.xml"));
    return artefacts(bom.substring(bom.indexOf("<dependencyManagement>")));
  }

  private static List<String> artefacts(String pom) {
    return matches(ARTEFACT, pom);
  }

  private static List<String> matches(Pattern pattern, String text) {
    return pattern.matcher(text).results().map(match -> match.group(1)).toList();
  }

  private record Result(int status, String output) {
    void mustSay(String text) {
      assertTrue(output.contains(text), output);
    }
  }

  /** Runs a function of {@code bin/artefacts.sh}. */
  private Result bash(String command) throws Exception {
    String sources = ". '%1$s/bin/env.sh'; . '%1$s/bin/artefacts.sh'; ".formatted(ROOT);
    var builder = new ProcessBuilder("bash", "-euc", sources + command).redirectErrorStream(true);
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Result(process.waitFor(), output);
  }
}
