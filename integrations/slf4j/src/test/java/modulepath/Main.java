package modulepath;

import static io.heddle.Go.go;
import static io.heddle.Go.run;

import io.heddle.slf4j.MdcPropagator;
import org.slf4j.MDC;

/** A program without a module: the library and the propagator are modules. */
public final class Main {
  private Main() {}

  /** Prints what a goroutine inherits. */
  public static void main(String[] args) throws Exception {
    MDC.put("user", "anna");
    run(() ->
        go(() -> IO.println(MdcPropagator.class.getModule() + ": " + MDC.get("user"))).join());
  }
}
