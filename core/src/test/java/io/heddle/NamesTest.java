package io.heddle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.lang.reflect.Executable;
import java.lang.reflect.Modifier;
import java.net.URI;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which of our names java.base has, too, and what that means to those who import both. */
@Tag("slow")
final class NamesTest {
  @TempDir private Path directory;

  /** The simple names of the public types in these packages, with the packages. */
  private static Map<String, String> publicTypes(Path classes, Set<String> packages)
      throws IOException {
    Map<String, String> types = new TreeMap<>();
    for (String name : packages) {
      try (Stream<Path> files = Files.list(classes.resolve(name.replace('.', '/')))) {
        for (Path file : files.toList()) {
          String type = file.getFileName().toString();
          if (type.endsWith(".class") && !type.contains("$") && !type.contains("-")) {
            String simple = type.substring(0, type.length() - ".class".length());
            if (isPublic(name + "." + simple)) {
              types.put(simple, name);
            }
          }
        }
      }
    }
    return types;
  }

  private static boolean isPublic(String type) {
    try {
      return Modifier.isPublic(Class.forName(type, false, null).getModifiers());
    } catch (ClassNotFoundException e) {
      return isPublicOfOurs(type);
    }
  }

  private static boolean isPublicOfOurs(String type) {
    try {
      ClassLoader loader = Go.class.getClassLoader();
      return Modifier.isPublic(Class.forName(type, false, loader).getModifiers());
    } catch (ClassNotFoundException e) {
      throw new AssertionError(e);
    }
  }

  private static Set<String> exports(ModuleDescriptor module) {
    return module.exports().stream()
        .filter(exports -> !exports.isQualified())
        .map(ModuleDescriptor.Exports::source)
        .collect(Collectors.toSet());
  }

  private static Path classes() throws Exception {
    return Path.of(Go.class.getProtectionDomain().getCodeSource().getLocation().toURI());
  }

  @Test
  void onlyTheseHaveANameOfJavaBase() throws Exception {
    Module base = Object.class.getModule();
    Path jdk = FileSystems.getFileSystem(URI.create("jrt:/")).getPath("modules", "java.base");
    Map<String, String> theirs = publicTypes(jdk, exports(base.getDescriptor()));
    ModuleDescriptor heddle;
    try (var descriptor = Files.newInputStream(classes().resolve("module-info.class"))) {
      heddle = ModuleDescriptor.read(descriptor);
    }
    Map<String, String> clashes = new TreeMap<>();
    publicTypes(classes(), exports(heddle))
        .forEach((name, ours) -> {
          if (theirs.containsKey(name)) {
            clashes.put(name, theirs.get(name));
          }
        });
    assertEquals(
        Map.of(
            "Semaphore",
            "java.util.concurrent",
            "StructuredTaskScope", // so that an import is all that a program changes
            "java.util.concurrent",
            "Timer",
            "java.util"),
        clashes);
  }

  /** First where work starts, last where a caller waits: see docs/decisions, 055. */
  @Test
  void aContextIsTheFirstParameterOrTheLast() throws Exception {
    ModuleDescriptor heddle;
    try (var descriptor = Files.newInputStream(classes().resolve("module-info.class"))) {
      heddle = ModuleDescriptor.read(descriptor);
    }
    int found = 0;
    for (var type : publicTypes(classes(), exports(heddle)).entrySet()) {
      Class<?> ours = Class.forName(type.getValue() + "." + type.getKey());
      for (Executable method : executables(ours)) {
        List<Class<?>> parameters = List.of(method.getParameterTypes());
        int place = parameters.indexOf(Context.class);
        if (place >= 0) {
          found++;
          assertTrue(place == 0 || place == parameters.size() - 1, method::toString);
        }
      }
    }
    assertTrue(found > 40, "only " + found);
  }

  private static List<Executable> executables(Class<?> type) {
    return Stream.<Executable>concat(
            Arrays.stream(type.getDeclaredMethods()), Arrays.stream(type.getConstructors()))
        .filter(one -> Modifier.isPublic(one.getModifiers()) && !one.isSynthetic())
        .toList();
  }

  /** The first line of each error. */
  private List<String> errors(String source) throws Exception {
    JavaCompiler javac = ToolProvider.getSystemJavaCompiler();
    DiagnosticCollector<JavaFileObject> problems = new DiagnosticCollector<>();
    JavaFileObject file =
        new SimpleJavaFileObject(URI.create("string:///Program.java"), JavaFileObject.Kind.SOURCE) {
          @Override
          public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return source;
          }
        };
    List<String> options =
        new ArrayList<>(List.of("--release", "25", "-proc:none", "-d", directory.toString()));
    options.addAll(List.of("-p", classes().toString(), "--add-modules", "io.heddle"));
    javac.getTask(null, null, problems, options, null, List.of(file)).call();
    return problems.getDiagnostics().stream()
        .filter(problem -> problem.getKind() == Diagnostic.Kind.ERROR)
        .map(problem -> problem.getMessage(java.util.Locale.ROOT).lines().findFirst().orElse(""))
        .toList();
  }

  private static final String USES =
      """
      void main() throws Exception {
        Timer timer = Timer.start(Duration.ofSeconds(1));
        Semaphore semaphore = new Semaphore(1);
        semaphore.acquire(Context.background());
      }
      """;

  @Test
  void inACompactSourceFileOurPackageHidesTheJdks() throws Exception {
    assertEquals(List.of(), errors("import io.heddle.*;\n" + USES));
  }

  @Test
  void asAModuleItIsAmbiguousUntilOneIsImportedByName() throws Exception {
    assertEquals(
        List.of("reference to Timer is ambiguous", "reference to Semaphore is ambiguous"),
        errors("import module io.heddle;\n" + USES).stream().distinct().toList());
    assertEquals(
        List.of(),
        errors(
            """
            import module io.heddle;
            import io.heddle.Semaphore;
            import io.heddle.Timer;
            """
                + USES));
  }

  @Test
  void besideThePackagesOfTheJdkItIsAmbiguousUntilOneIsImportedByName() throws Exception {
    String both = "import io.heddle.*;\nimport java.util.*;\nimport java.util.concurrent.*;\n";
    assertEquals(
        List.of("reference to Timer is ambiguous", "reference to Semaphore is ambiguous"),
        errors(both + USES).stream().distinct().toList());
    assertEquals(
        List.of(), errors(both + "import io.heddle.Semaphore;\nimport io.heddle.Timer;\n" + USES));
  }

  /** What uses neither name is not affected by any import. */
  @Test
  void theOtherNamesGoWithEveryImport() throws Exception {
    assertEquals(
        List.of(),
        errors(
            """
            import module io.heddle;
            import static io.heddle.Go.*;
            void main() throws Exception {
              run(() -> {
                Chan<String> channel = Chan.unbuffered();
                go(() -> channel.send("a"));
                IO.println(channel.receive());
              });
            }
            """));
  }
}
