import static io.heddle.Go.*;

import io.heddle.*;
import io.heddle.remote.*;

// A call of a function that may run in another process. The function has the caller's deadline,
// trace and permitted baggage, and is cancelled with the caller. See docs/remote.md.

void main() throws Exception {
  run(() -> {
    var file = Files.createTempDirectory("calls").resolve("calls.db");
    Codec<String> text = Codec.text();
    var propagation = Propagation.of("tenant"); // the baggage that may travel
    try (var remote = Remote.open(file.toString());
        var _ = remote.respond("length", text, text, propagation, this::length);
        var caller = remote.caller("length", text, text, propagation);
        var context =
            Context.current()
                .withValue(Propagation.BAGGAGE, Map.of("tenant", "acme", "password", "secret"))
                .withTimeout(Duration.ofMinutes(1))) {
      IO.println(caller.call(context, "heddle"));
    }
  });
}

String length(Request<String> request) {
  var context = request.context();
  return request.value().length()
      + " letters for "
      + context.value(Propagation.BAGGAGE)
      + (context.deadline() == null ? "" : ", within the caller's time");
}
