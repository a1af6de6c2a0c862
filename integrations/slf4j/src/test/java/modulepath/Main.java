package modulepath;

import static io.heddle.Go.go;
import static io.heddle.Go.run;

import org.slf4j.MDC;

/** A program without a module: the library and the propagator are modules. */
public final class Main {
  private Main() {}

  /** Prints what a goroutine inherits. */
  public static void main(String[] args) throws Exception {
    Module module = ModuleLayer.boot().findModule("io.heddle.slf4j").orElseThrow();
    MDC.put("user", "anna");
    run(() -> go(() -> IO.println(module + ": " + MDC.get("user"))).join());
  }
}
