package io.heddle.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.CancelContext;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.DeadlineExceededException;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.testing.Bubbled;
import java.lang.reflect.Proxy;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Sends to a backend that takes its time, in virtual time. */
@Bubbled
final class OutletTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final Chan<Boolean> answers = Chan.unbuffered();

  private final Outlet<String> outlet =
      new Outlet<>(
          (Backend)
              Proxy.newProxyInstance(
                  Backend.class.getClassLoader(),
                  new Class<?>[] {Backend.class},
                  (_, method, _) -> {
                    if (method.getName().equals("send")) {
                      answers.receive();
                    }
                    return method.getName().equals("name") ? "a backend" : null;
                  }),
          "jobs",
          Codec.text());

  @Test
  void theEndOfTheContextLeavesTheOutcomeUnknown() throws Exception {
    Message<String> message = Message.of("job").withId("order-7");
    try (CancelContext context = Context.background().withTimeout(SECOND)) {
      UnknownOutcomeException unknown =
          assertThrows(UnknownOutcomeException.class, () -> outlet.send(message, context));
      assertEquals("order-7", unknown.id());
      assertInstanceOf(DeadlineExceededException.class, unknown.getCause());
      String said = unknown.getMessage();
      assertTrue(said.startsWith("the outcome is unknown: send to channel jobs in a b"), said);
      assertTrue(said.endsWith("Send it again with the id order-7: it is stored once"), said);
    }
    answers.send(true); // the call continues
  }

  @Test
  void anInterruptDuringTheCallDoesNotEndIt() throws Exception {
    try (CancelContext context = Context.background().withCancel()) {
      Goroutine<Boolean> sender =
          Go.go(() -> {
            outlet.send("job", context);
            return Thread.interrupted();
          });
      Go.sleep(SECOND);
      sender.cancel();
      Go.sleep(SECOND);
      answers.send(true);
      assertTrue(sender.await());
    }
  }
}
