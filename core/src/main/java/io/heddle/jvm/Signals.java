package io.heddle.jvm;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.function.IntConsumer;

/**
 * The operating system's signals. The JDK's class for them, {@code sun.misc.Signal}, is in a module
 * that a program need not have, and javac warns of it: it is called by reflection.
 */
public final class Signals {
  private static final String TYPE = "sun.misc.Signal";

  private Signals() {}

  /**
   * Whether the JDK's class for signals is there.
   *
   * @return false if signals cannot be handled
   */
  public static boolean areAvailable() {
    try {
      Class.forName(TYPE);
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  /** A handler that was installed. */
  public interface Installed {
    /**
     * Puts the handler back that this one replaced, unless another has been installed since. Does
     * not throw.
     */
    void uninstall();
  }

  /**
   * Installs a handler.
   *
   * @param name such as TERM
   * @param handler gets the signal's number, each time on a new platform thread
   * @return takes the handler away
   * @throws UnsupportedOperationException if the JDK's class for signals is missing
   * @throws IllegalArgumentException if there is no such signal, or the JVM uses it itself
   */
  public static Installed handle(String name, IntConsumer handler) {
    try {
      Class<?> type = Class.forName(TYPE);
      Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
      Object signal = type.getConstructor(String.class).newInstance(name);
      int number = (int) type.getMethod("getNumber").invoke(signal);
      Object ours =
          Proxy.newProxyInstance(
              handlerType.getClassLoader(),
              new Class<?>[] {handlerType},
              (proxy, method, arguments) ->
                  switch (method.getName()) {
                    case "handle" -> {
                      handler.accept(number);
                      yield null;
                    }
                    case "equals" -> proxy == arguments[0];
                    case "hashCode" -> System.identityHashCode(proxy);
                    default -> "Heddle's handler of SIG" + name;
                  });
      Method handle = type.getMethod("handle", type, handlerType);
      Object replaced = handle.invoke(null, signal, ours);
      return () -> {
        try {
          Object last = handle.invoke(null, signal, replaced);
          if (last != ours) {
            handle.invoke(null, signal, last);
          }
        } catch (ReflectiveOperationException e) { // installing went well
          throw new LinkageError("uninstalling the handler of SIG" + name, e);
        }
      };
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof IllegalArgumentException refused) {
        throw refused;
      }
      throw new UnsupportedOperationException(TYPE + " cannot be used", e);
    } catch (ClassNotFoundException
        | NoSuchMethodException
        | InstantiationException
        | IllegalAccessException e) {
      throw new UnsupportedOperationException(
          "it needs the module jdk.unsupported: start java with --add-modules jdk.unsupported", e);
    }
  }
}
