package io.heddle;

import static io.heddle.Select.otherwise;
import static io.heddle.Select.select;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What it means that a context is, or is not, done. */
final class ContextAssertions {
  private ContextAssertions() {}

  static void assertOpen(Context context) throws InterruptedException {
    assertNull(context.error());
    assertNull(context.cause());
    assertFalse(context.isDone());
    context.check();
    assertEquals("open", select(context.onDone(() -> "done"), otherwise(() -> "open")));
  }

  static void assertDone(Context context, Class<? extends ContextException> error)
      throws InterruptedException {
    assertTrue(context.isDone());
    assertInstanceOf(error, context.error());
    assertSame(context.error(), context.error());
    assertNotNull(context.cause());
    assertThrows(error, context::check);
    assertEquals("done", select(context.onDone(() -> "done"), otherwise(() -> "open")));
    assertNull(context.done().receive());
    assertTrue(context.done().isDrained());
  }
}
