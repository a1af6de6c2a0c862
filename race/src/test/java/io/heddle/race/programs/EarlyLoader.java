package io.heddle.race.programs;

/** The JVM loads the system class loader's class before any agent. */
public final class EarlyLoader extends ClassLoader {
  /** Called by the JVM. */
  public EarlyLoader(ClassLoader parent) {
    super(parent);
  }
}
