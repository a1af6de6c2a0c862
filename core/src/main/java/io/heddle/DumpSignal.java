package io.heddle;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Prints every goroutine to standard error when the process gets a signal. The JDK's class for
 * signals is in a module that need not be there, and that javac warns of: it is called by
 * reflection.
 */
final class DumpSignal {
  private DumpSignal() {}

  /** Takes a signal. Returns what is in the way, null if nothing is. */
  static @Nullable String install(String name) {
    if (name.equals("USR2")) { // would be let through
      return "the JVM suspends threads with USR2, for JFR; use USR1";
    }
    try {
      Class<?> signals = Class.forName("sun.misc.Signal");
      Class<?> handlers = Class.forName("sun.misc.SignalHandler");
      Object handler =
          Proxy.newProxyInstance(
              handlers.getClassLoader(),
              new Class<?>[] {handlers},
              (proxy, method, arguments) ->
                  switch (method.getName()) {
                    case "handle" -> {
                      print();
                      yield null;
                    }
                    case "equals" -> proxy == arguments[0];
                    case "hashCode" -> System.identityHashCode(proxy);
                    default -> "heddle.dump.signal";
                  });
      signals
          .getMethod("handle", signals, handlers)
          .invoke(null, signals.getConstructor(String.class).newInstance(name), handler);
      return null;
    } catch (ClassNotFoundException e) {
      return "it needs the module jdk.unsupported: start java with --add-modules jdk.unsupported";
    } catch (InvocationTargetException e) { // there is no such signal, or the JVM has it
      return Objects.requireNonNull(e.getCause()).getMessage() + "; use USR1";
    } catch (ReflectiveOperationException e) {
      return e.toString();
    }
  }

  private static void print() {
    String scheduler = Goroutines.describe();
    System.err.print(Goroutines.count() + " goroutines, " + scheduler + "\n\n" + Goroutines.dump());
  }
}
