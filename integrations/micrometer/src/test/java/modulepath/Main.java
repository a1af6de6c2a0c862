package modulepath;

import static io.heddle.Go.go;
import static io.heddle.Go.run;

import io.micrometer.context.ContextRegistry;

/** A program without a module: the library and the propagator are modules. */
public final class Main {
  private Main() {}

  /** Prints what a goroutine inherits. */
  public static void main(String[] args) throws Exception {
    Module module = ModuleLayer.boot().findModule("io.heddle.micrometer").orElseThrow();
    ThreadLocal<String> user = new ThreadLocal<>();
    ContextRegistry.getInstance().registerThreadLocalAccessor("user", user);
    user.set("anna");
    run(() -> go(() -> IO.println(module + ": " + user.get())).join());
  }
}
