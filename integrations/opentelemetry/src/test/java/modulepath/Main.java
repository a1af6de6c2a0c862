package modulepath;

import static io.heddle.Go.go;
import static io.heddle.Go.run;

import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import io.opentelemetry.context.Scope;

/** A program without a module: the library and the propagator are modules. */
public final class Main {
  private Main() {}

  /** Prints what a goroutine inherits. */
  public static void main(String[] args) throws Exception {
    Module module = ModuleLayer.boot().findModule("io.heddle.opentelemetry").orElseThrow();
    ContextKey<String> user = ContextKey.named("user");
    try (Scope _ = Context.current().with(user, "anna").makeCurrent()) {
      run(() -> go(() -> IO.println(module + ": " + Context.current().get(user))).join());
    }
  }
}
