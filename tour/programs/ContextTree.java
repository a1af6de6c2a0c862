import static io.heddle.Go.*;

import io.heddle.*;

static final Context.Key<String> USER = Context.key("user");

void query(String table, Context ctx, WaitGroup wg) throws InterruptedException {
  ctx.done().receive();
  IO.println(table + " of " + ctx.value(USER) + ": " + ctx.cause().getMessage());
  wg.done();
}

void main() throws Exception {
  run(() -> {
    var root = Context.background().withValue(USER, "Ada");
    try (var page = root.withCancel();
        var orders = page.withCancel();
        var invoices = page.withCancel();
        var audit = root.withCancel()) {
      var wg = new WaitGroup();
      wg.add(2);
      go(() -> query("orders", orders, wg));
      go(() -> query("invoices", invoices, wg));

      // Cancelling a context cancels what is below it, and nothing else
      page.cancel(new Exception("the user went away"));
      wg.await();
      IO.println("audit: " + (audit.isDone() ? "done, too" : "continues"));
    }
  });
}
