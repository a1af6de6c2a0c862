package io.heddle.internal;

/**
 * What a module adds to a JVM that is observed. Extensions are found with {@link
 * java.util.ServiceLoader} when the first goroutine is started, if a property asks for observers.
 */
public interface Extension {
  /**
   * Begins to observe, as far as properties ask for it. Called once, on a thread that only
   * observes. What is not possible is reported on standard error, and the program continues.
   */
  void begin();
}
