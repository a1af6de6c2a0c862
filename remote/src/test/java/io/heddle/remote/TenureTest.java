package io.heddle.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.testing.Bubble;
import io.heddle.testing.Bubbled;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Leases whose renewal, end and settlement meet, in virtual time. */
@Bubbled
final class TenureTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);

  /** The backend answers a call when this has a value: an exception, or anything else. */
  private final Chan<Object> answers = Chan.unbuffered();

  private final Set<Object> renewed = new HashSet<>();
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
                      case "extend" -> extend((List<?>) arguments[0]);
                      case "settle" -> settle();
                      default -> throw new AssertionError(method);
                    });
    keeper = new Keeper(backend, MINUTE);
    Lease lease = new Lease("handle", "id", "", "", 1, 1, Go.nanoTime());
    tenure = Tenure.begin(keeper, lease, "message id", Context.background(), () -> ends++);
  }

  private Object extend(List<?> leases) {
    leases.forEach(lease -> renewed.add(((Lease) lease).handle()));
    return isKnown ? List.of() : leases;
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

  /** The backend does not answer when the program closes a delivery. */
  @Test
  void whatCannotBeSettledWhenItIsClosedIsNoLongerRenewed() throws Exception {
    Goroutine<Boolean> closing = Go.go(() -> tenure.close(new Settlement.Returned()));
    answers.send(new RemoteException("not reached", null));
    assertFalse(closing.await());
    assertEquals(1, ends);
    isKnown = false;
    assertThrows(LeaseLostException.class, () -> tenure.settle(new Settlement.Acknowledged()));
  }

  @Test
  void whatIsClosedWhileItsSettlementFailsIsNoLongerRenewed() throws Exception {
    Goroutine<Object> settling = settling();
    Bubble.settle(); // it waits for the backend
    assertTrue(tenure.close(new Settlement.Returned()));
    assertEquals(0, ends);
    answers.send(new RemoteException("not reached", null));
    assertEquals(RemoteException.class, settling.await());
    assertEquals(1, ends);
  }

  /** The program has seen the end of the lease on its own clock, so it stays over. */
  @Test
  void aRenewalThatIsAnsweredAfterTheEndComesTooLate() throws Exception {
    long since = Go.nanoTime() - MINUTE.toNanos();
    Lease late = new Lease("late", "late", "", "", 1, 1, since);
    Tenure ended = Tenure.begin(keeper, late, "message late", Context.background(), () -> ends++);
    ended.renewed(since + 1); // the call began in time
    Go.sleep(Duration.ofNanos(1));
    assertTrue(ended.context().cause() instanceof LeaseLostException);
  }

  /** A claim took longer than its lease, because the process was suspended. */
  @Test
  void aLeaseThatHasEndedBeforeItBeginsIsNotRenewed() throws Exception {
    Lease late = new Lease("late", "late", "", "", 1, 1, Go.nanoTime() - MINUTE.toNanos());
    Tenure ended = Tenure.begin(keeper, late, "message late", Context.background(), () -> ends++);
    Go.sleep(Duration.ofNanos(1));
    assertTrue(ended.context().cause() instanceof LeaseLostException);
    assertEquals(1, ends);
    Go.sleep(MINUTE.dividedBy(2));
    assertFalse(renewed.contains("late"));
    assertTrue(renewed.contains("handle"));
  }
}
