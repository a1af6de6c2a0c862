package io.heddle.race.agent;

import java.io.File;
import java.io.IOException;
import java.lang.instrument.Instrumentation;
import java.lang.reflect.InvocationTargetException;
import java.net.URISyntaxException;
import java.util.Objects;
import java.util.jar.JarFile;
import org.jspecify.annotations.Nullable;

/**
 * The agent: {@code java -javaagent:heddle-race.jar …} checks a program for data races.
 *
 * <p>Classes of all loaders call the hooks, those of the JDK included, so the agent's jar goes on
 * the boot class path. This class is the only one that is used from the class path.
 */
public final class RaceAgent {
  private static final int USAGE = 2;

  private RaceAgent() {}

  /**
   * Called by the JVM before the program.
   *
   * @param arguments options, as {@code NAME=VALUE;NAME=VALUE}
   * @param instrumentation of the JVM
   */
  @SuppressWarnings("SystemExitOutsideMain") // a program that is not checked must not run
  public static void premain(@Nullable String arguments, Instrumentation instrumentation) {
    try {
      File jar =
          new File(RaceAgent.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      instrumentation.appendToBootstrapClassLoaderSearch(new JarFile(jar));
      Class.forName("io.heddle.race.agent.Detector", true, null)
          .getMethod("start", String.class, Instrumentation.class)
          .invoke(null, arguments == null ? "" : arguments, instrumentation);
    } catch (InvocationTargetException e) {
      refuse(e.getCause());
    } catch (ReflectiveOperationException | IOException | URISyntaxException e) {
      refuse(e);
    }
  }

  private static void refuse(@Nullable Throwable why) {
    boolean isExplained =
        why instanceof IllegalArgumentException || why instanceof IllegalStateException;
    System.err.println(
        "heddle race: " + (isExplained ? Objects.requireNonNull(why).getMessage() : why));
    if (!isExplained && why != null) {
      why.printStackTrace();
    }
    Runtime.getRuntime().halt(USAGE);
  }
}
