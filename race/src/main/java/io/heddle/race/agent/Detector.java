package io.heddle.race.agent;

import io.heddle.race.report.Reports;
import java.io.IOException;
import java.io.InputStream;
import java.lang.instrument.Instrumentation;
import java.lang.instrument.UnmodifiableClassException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Starts the detector: its classes are those of the boot loader. */
public final class Detector {
  /** Of the JVM's shutdown sequence: after the program's hooks, which are in one of the first. */
  private static final int SHUTDOWN_SLOT = 7;

  private Detector() {}

  /**
   * Instruments the classes that are loaded from now on.
   *
   * @param arguments the agent's options
   * @param instrumentation of the JVM
   * @throws IllegalArgumentException if the options are wrong
   * @throws IllegalStateException if something would escape the detector
   */
  public static void start(String arguments, Instrumentation instrumentation) throws Exception {
    Options options = Options.read(arguments, System.getProperties());
    checkLoaded(options, instrumentation);
    Transformer transformer = new Transformer(options);
    open(instrumentation);
    // A thread that one goroutine leaves to another orders the two, and what is ordered by luck is
    // no race.
    System.setProperty("heddle.threads", "own");
    warmUp();
    Reports.start(options.log(), options.halts(), options.status());
    instrumentation.addTransformer(transformer, true);
    retransform(transformer.wovenInJdk(), instrumentation);
    atShutdown(options.status());
  }

  /** A class that is loaded already cannot be instrumented: its races would be missed silently. */
  private static void checkLoaded(Options options, Instrumentation instrumentation) {
    List<String> loaded = new ArrayList<>();
    for (Class<?> type : instrumentation.getAllLoadedClasses()) {
      String name = type.getName();
      if (type.getClassLoader() != null
          && !type.isArray()
          && !type.isHidden()
          && (options.scope().contains(name.replace('.', '/'))
              || (name.startsWith("io.heddle.") && !name.equals(RaceAgent.class.getName())))) {
        loaded.add(name);
      }
    }
    if (!loaded.isEmpty()) {
      throw new IllegalStateException(
          loaded.size()
              + " classes were loaded before the agent, for example "
              + loaded.getFirst()
              + ". If the JVM uses an AOT cache, add -XX:AOTMode=off; if there are other agents,"
              + " name this one first.");
    }
  }

  /**
   * Has the class-file API and the transformer loaded: a class that is needed while it is itself
   * being transformed fails for good.
   */
  private static void warmUp() throws IOException {
    Scope own = Scope.of("io.heddle.race.", "");
    ClassLoader loader = ClassLoader.getSystemClassLoader();
    for (Class<?> sample : List.of(MethodInstrumenter.class, Reports.class)) {
      String file = sample.getName().replace('.', '/') + ".class";
      try (InputStream bytes = ClassLoader.getSystemResourceAsStream(file)) {
        if (bytes == null) {
          throw new IllegalStateException("the agent's jar has no " + file);
        }
        Transformer.instrument(own, loader, bytes.readAllBytes(), false);
      }
    }
  }

  /**
   * Loads them all: one that is loaded while the transformer runs, because it is needed there,
   * would escape it.
   */
  private static void retransform(Set<String> names, Instrumentation instrumentation)
      throws UnmodifiableClassException {
    List<Class<?>> loaded = new ArrayList<>();
    for (String name : names) {
      try {
        loaded.add(Class.forName(name.replace('/', '.'), false, null));
      } catch (ClassNotFoundException e) {
        throw new IllegalStateException(
            "this version of the detector does not fit the JDK, which has no " + e.getMessage(), e);
      }
    }
    instrumentation.retransformClasses(loaded.toArray(new Class<?>[0]));
  }

  /** For the end of the JVM, and for the field of a thread that leads to its goroutine. */
  private static void open(Instrumentation instrumentation) {
    instrumentation.redefineModule(
        Object.class.getModule(),
        Set.of(),
        Map.of(),
        Map.of("java.lang", Set.of(Detector.class.getModule())),
        Set.of(),
        Map.of());
  }

  /** As Go's detector: a program that has raced ends with a status of its own. */
  private static void atShutdown(int status) throws ReflectiveOperationException {
    Method add =
        Class.forName("java.lang.Shutdown")
            .getDeclaredMethod("add", int.class, boolean.class, Runnable.class);
    add.setAccessible(true);
    Runnable last =
        () -> {
          if (Reports.summarise()) {
            Runtime.getRuntime().halt(status);
          }
        };
    add.invoke(null, SHUTDOWN_SLOT, false, last);
  }
}
