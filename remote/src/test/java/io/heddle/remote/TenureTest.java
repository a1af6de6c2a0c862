package io.heddle.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.testing.Bubbled;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Leases whose renewal, end and settlement meet, in virtual time. */
@Bubbled
final class TenureTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);

  /** The backend answers a call when this has a value: an exception, or anything else. */
  private final Chan<Object> answers = Chan.unbuffered();

  private boolean isKnown = true;
  private Keeper keeper;
  private Tenure tenure;
  private int ends;

  @BeforeEach
  void begin() {
    Backend backend =
        (Backend)
            Proxy.newProxyInstance(
                Backend.class.getClassLoader(),
                new Class<?>[] {Backend.class},
                (_, method, arguments) ->
                    switch (method.getName()) {
                      case "name" -> "a backend";
                      case "extend" -> isKnown ? List.of() : arguments[0];
                      case "settle" -> settle();
                      default -> throw new AssertionError(method);
                    });
    keeper = new Keeper(backend, MINUTE);
    Lease lease = new Lease("handle", "id", "", "", 1, 1, Go.nanoTime());
    tenure = Tenure.begin(keeper, lease, "message id", Context.background(), () -> ends++);
  }

  private Object settle() throws Throwable {
    if (answers.receive() instanceof Throwable failure) {
      throw failure;
    }
    return null;
  }

  @AfterEach
  void end() {
    keeper.close();
  }

  private Goroutine<Object> settling() {
    return Go.go(() -> {
      try {
        tenure.settle(new Settlement.Acknowledged());
        return "settled";
      } catch (RemoteException e) {
        return e.getClass();
      }
    });
  }

  @Test
  void aRenewalThatMissesALeaseBeingSettledCancelsNothing() throws Exception {
    Goroutine<Object> settling = settling();
    isKnown = false; // it has been settled already
    Go.sleep(MINUTE.dividedBy(2));
    assertFalse(tenure.context().isDone());
    answers.send("stored");
    assertEquals("settled", settling.await());
    Go.sleep(MINUTE);
    assertFalse(tenure.context().isDone());
    assertEquals(1, ends);
    assertThrows(IllegalStateException.class, () -> tenure.settle(new Settlement.Acknowledged()));
  }

  @Test
  void aLeaseThatTheBackendDoesNotKnowIsLost() throws Exception {
    isKnown = false;
    Go.sleep(MINUTE.dividedBy(2));
    assertTrue(tenure.context().cause() instanceof LeaseLostException);
    assertThrows(LeaseLostException.class, () -> tenure.settle(new Settlement.Acknowledged()));
    assertEquals(1, ends);
  }

  @Test
  void aLeaseMayEndWhileItIsBeingSettled() throws Exception {
    keeper.stop();
    Goroutine<Object> settling = settling();
    Go.sleep(MINUTE);
    assertTrue(tenure.context().isDone());
    assertEquals(0, ends);
    answers.send("stored"); // before another process has taken it
    assertEquals("settled", settling.await());
    assertEquals(1, ends);
  }

  @Test
  void aSettlementThatFailsMayBeRepeatedWhileTheLeaseLasts() throws Exception {
    RemoteException failure = new RemoteException("not reached", null);
    Goroutine<Object> first = settling();
    answers.send(failure);
    assertEquals(RemoteException.class, first.await());
    assertFalse(tenure.context().isDone());
    keeper.stop();
    Goroutine<Object> second = settling();
    Go.sleep(MINUTE);
    answers.send(failure);
    assertEquals(RemoteException.class, second.await());
    assertEquals(LeaseLostException.class, settling().await());
    assertEquals(1, ends);
  }

  @Test
  void theBackendsRefusalEndsTheContext() throws Exception {
    Goroutine<Object> settling = settling();
    answers.send(new LeaseLostException("message id", null));
    assertEquals(LeaseLostException.class, settling.await());
    assertTrue(tenure.context().cause() instanceof LeaseLostException);
    assertEquals(1, ends);
    tenure.close(new Settlement.Returned()); // settles nothing: the backend would wait
  }
}
