package io.heddle.orders.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Go;
import io.heddle.orders.Challenge;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.Problem;
import io.heddle.orders.ca.CaException;
import io.heddle.orders.files.CertificateFolder;
import io.heddle.orders.files.Chain;
import io.heddle.orders.store.Interventions;
import io.heddle.orders.store.OrderStore;
import io.heddle.orders.store.Quotas;
import io.heddle.orders.store.Revocation;
import io.heddle.orders.store.StoredOrder;
import io.heddle.preflight.CheckResult;
import io.heddle.preflight.ProblemType;
import io.heddle.queue.Entry;
import io.heddle.queue.Filter;
import io.heddle.queue.Note;
import io.heddle.queue.Queues;
import io.heddle.testing.Bubble;
import io.heddle.testing.Bubbled;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Orders that people cancel, retry, or want unchecked, with two workers, in virtual time. */
@Bubbled
@Tag("slow")
final class OrderInterventionTest {
  private static final Duration DAY = Duration.ofDays(1);
  private static final Duration CHECK = Duration.ofSeconds(10);

  @TempDir private Path folder;
  private io.heddle.queue.Queue queue;
  private OrderStore store;
  private Interventions people;
  private final RevokingAuthority ca = new RevokingAuthority();
  private final Set<String> unready = ConcurrentHashMap.newKeySet();
  private final AtomicInteger checks = new AtomicInteger();
  private final RunningPipelines workers = new RunningPipelines();

  private static final class RevokingAuthority extends PromptAuthority {
    /** What it does with the next requests to revoke, before it fulfils them. */
    final Queue<CaException> failures = new ConcurrentLinkedQueue<>();

    final List<String> revoked = new CopyOnWriteArrayList<>();

    RevokingAuthority() {
      super(DAY.multipliedBy(2), DAY.multipliedBy(12));
    }

    @Override
    public void revoke(X509Certificate certificate, int reason) throws CaException {
      CaException failure = failures.poll();
      if (failure != null) {
        throw failure;
      }
      revoked.add(certificate.getSerialNumber().toString(16) + " " + reason);
    }
  }

  @BeforeEach
  void start() throws Exception {
    queue = Queues.open(folder.resolve("orders.db").toString(), 1);
    store = new OrderStore(queue);
    people = new Interventions(store);
    workers.start(
        2,
        () ->
            RunningPipelines.parts(
                queue,
                ca,
                (challenge, _) -> {
                  checks.incrementAndGet();
                  Go.sleep(CHECK);
                  return unready.contains(challenge.domain())
                      ? CheckResult.notYet(ProblemType.UNAUTHORIZED, "no file")
                      : CheckResult.ready("there");
                },
                new CertificateFolder(folder.resolve("certificates")),
                Chain.Verifier.trusting(List.of(ca.root()))),
        Pipeline.Settings.DEFAULT);
  }

  @AfterEach
  void end() throws Exception {
    workers.close();
    queue.close();
  }

  private static Note by(String who) {
    return new Note(who, "127.0.0.1", "changed");
  }

  private String submit(String domain) throws Exception {
    Order.Request request = new Order.Request("anna", List.of(domain), null);
    return store.submit(request, null).order().order().id();
  }

  private StoredOrder find(String id) throws Exception {
    StoredOrder found = store.find(id);
    assertNotNull(found, id);
    return found;
  }

  private static void sleep(Duration time) throws InterruptedException {
    Go.sleep(time);
    Bubble.settle();
  }

  private void assertCancelled(String id) throws Exception {
    assertEquals(OrderState.DEAD, find(id).state());
    assertTrue(Interventions.isEnded(find(id).order()), find(id)::toString);
  }

  @Test
  void anOrderThatAWorkerHasIsCancelledAndTheWorkersResultDoesNotCount() throws Exception {
    String id = submit("one.test");
    sleep(CHECK.dividedBy(2));
    assertEquals(OrderState.CHECKING, find(id).state());
    assertTrue(people.cancel(id, by("anna")));
    assertFalse(people.cancel(id, by("anna")), "once");
    sleep(DAY);
    assertCancelled(id);
    assertEquals("by anna", find(id).order().problem().detail());
    assertEquals(List.of(), ca.told);
    assertEquals(1, store.replay(id));
    sleep(CHECK.multipliedBy(2));
    assertEquals(OrderState.ISSUED, find(id).state());
  }

  @Test
  void anOrderThatWaitsForItsNextAttemptIsCancelled() throws Exception {
    unready.add("one.test");
    String id = submit("one.test");
    sleep(Duration.ofHours(1));
    assertTrue(people.cancel(id, by("anna")));
    int before = checks.get();
    sleep(DAY.multipliedBy(3));
    assertCancelled(id);
    assertEquals(before, checks.get());
    // The names are free again.
    unready.clear();
    String next = submit("one.test");
    sleep(CHECK);
    assertEquals(OrderState.ISSUED, find(next).state());
  }

  /** A dead order that is replayed still says that it is dead, until a worker has it. */
  @Test
  void anOrderIsCancelledWhereverItIs() throws Exception {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      ids.add(submit("n" + i + ".test"));
    }
    for (String id : ids) {
      sleep(CHECK.dividedBy(20));
      OrderState before = find(id).state();
      boolean isCancelled = people.cancel(id, by("anna"));
      assertTrue(isCancelled || before == OrderState.ISSUED, before::toString);
      if (before != OrderState.ISSUED) {
        assertCancelled(id);
        store.replay(id);
        assertTrue(people.cancel(id, by("berta")));
        assertCancelled(id);
      }
    }
    sleep(DAY);
    for (String id : ids) {
      assertTrue(find(id).state().isFinal());
    }
  }

  @Test
  void anOrderIsRetriedAtOnceButNotAgainAndAgain() throws Exception {
    unready.add("one.test");
    String id = submit("one.test");
    sleep(CHECK);
    assertEquals(1, find(id).order().attempts());
    assertEquals(Interventions.Retry.TOO_SOON, people.retry(id, Quotas.NONE, by("anna")));
    Instant due = null;
    while (due == null || due.isBefore(Go.now().plus(Duration.ofMinutes(5)))) {
      sleep(Duration.ofMinutes(1));
      due = find(id).due();
    }
    sleep(Interventions.RETRY_PAUSE.plusSeconds(1));
    unready.clear();
    assertEquals(Interventions.Retry.DUE, people.retry(id, Quotas.NONE, by("anna")));
    sleep(CHECK.dividedBy(2));
    assertEquals(
        Interventions.Retry.NOT_WAITING,
        people.retry(id, Quotas.NONE, by("anna")),
        "a worker has it");
    sleep(CHECK);
    assertEquals(OrderState.ISSUED, find(id).state());
    assertEquals(Interventions.Retry.NOT_WAITING, people.retry(id, Quotas.NONE, by("anna")));
  }

  @Test
  void whoKnowsBetterThanTheCheckHasTheCaAsked() throws Exception {
    unready.add("inside.test");
    String id = submit("inside.test");
    sleep(Duration.ofHours(3));
    int before = checks.get();
    assertThrows(
        IllegalArgumentException.class,
        () -> people.skipCheck(id, Challenge.DNS, Quotas.NONE, by("anna")));
    assertTrue(people.skipCheck(id, Challenge.HTTP, Quotas.NONE, by("anna")));
    sleep(Duration.ofSeconds(1));
    assertEquals(OrderState.ISSUED, find(id).state());
    assertEquals(before, checks.get());
    assertEquals(1, ca.told.size());
    assertFalse(
        people.skipCheck(id, Challenge.HTTP, Quotas.NONE, by("anna")), "it is not being checked");
  }

  @Test
  void theCheckIsSkippedWhileAWorkerChecks() throws Exception {
    unready.add("inside.test");
    String id = submit("inside.test");
    sleep(CHECK.dividedBy(2));
    assertTrue(people.skipCheck(id, Challenge.HTTP, Quotas.NONE, by("anna")));
    sleep(Duration.ofSeconds(1));
    assertEquals(OrderState.ISSUED, find(id).state());
  }

  @Test
  void aRenewalIsCancelledBeforeItBeginsAndAfterwards() throws Exception {
    String early = submit("early.test");
    String late = submit("late.test");
    sleep(CHECK);
    assertNotNull(store.renewalOf(find(early).order()));
    assertTrue(people.cancel(early, by("anna")));
    assertEquals(OrderState.ISSUED, find(early).state());
    assertFalse(people.cancel(early, by("anna")), "there is nothing left to cancel");
    unready.addAll(List.of("early.test", "late.test"));
    sleep(DAY.multipliedBy(9).plusHours(1));
    String renewal = store.renewalOf(find(late).order()).renewal();
    assertNotNull(renewal);
    assertTrue(people.cancel(late, by("anna")));
    assertCancelled(renewal);
    sleep(DAY.multipliedBy(4));
    assertCancelled(renewal);
    assertEquals(3, store.list(null, null, 0, 10).orders().size());
  }

  private static CaException failure(CaException.Kind kind, String type) {
    return new CaException(
        kind, new Problem(Problem.ACME + type, "No", 400, "the CA says no"), null, null);
  }

  @Test
  void aCertificateIsRevokedOnceTheCaAnswers() throws Exception {
    String id = submit("one.test");
    sleep(CHECK);
    Order issued = find(id).order();
    ca.failures.add(failure(CaException.Kind.TRANSIENT, "serverInternal"));
    ca.failures.add(failure(CaException.Kind.TRANSIENT, "serverInternal"));
    assertTrue(people.revoke(find(id), Revocation.Reason.SUPERSEDED, Quotas.NONE, by("anna")));
    assertTrue(
        people.revoke(find(id), Revocation.Reason.SUPERSEDED, Quotas.NONE, by("anna")), "again");
    sleep(Duration.ofMinutes(2));
    assertEquals(OrderState.ISSUED, find(id).state());
    sleep(Duration.ofMinutes(2));
    assertEquals(OrderState.DEAD, find(id).state());
    assertEquals(List.of(issued.certificate().serial() + " 4"), ca.revoked);
    assertFalse(Files.exists(folder.resolve("certificates").resolve(id)));
    sleep(DAY.multipliedBy(10));
    assertEquals(1, store.list(null, null, 0, 10).orders().size(), "it is not renewed");
    assertEquals(1, store.replay(id));
    sleep(CHECK.multipliedBy(2));
    assertEquals(OrderState.ISSUED, find(id).state());
    assertNotEquals(issued.certificate().serial(), find(id).order().certificate().serial());
  }

  @Test
  void theOpenRenewalOfARevokedOrderEnds() throws Exception {
    String id = submit("one.test");
    String other = submit("two.test");
    sleep(CHECK);
    unready.addAll(List.of("one.test", "two.test"));
    sleep(DAY.multipliedBy(7).plusHours(12));
    String own = submit("two.test"); // the customer's own order serves as the renewal
    sleep(DAY.plusHours(13)); // it is open for two days
    String renewal = store.renewalOf(find(id).order()).renewal();
    assertNotNull(renewal);
    assertEquals(own, store.renewalOf(find(other).order()).renewal());
    for (String each : List.of(id, other)) {
      assertTrue(people.revoke(find(each), Revocation.Reason.SUPERSEDED, Quotas.NONE, by("anna")));
    }
    sleep(Duration.ofSeconds(1));
    assertCancelled(id);
    assertCancelled(renewal);
    assertEquals("by anna", find(renewal).order().problem().detail());
    assertFalse(Interventions.isEnded(find(own).order()), "nobody has cancelled it");
    sleep(DAY.multipliedBy(4));
    assertCancelled(renewal);
  }

  /** The worker that revoked it died, or it was revoked elsewhere. */
  @Test
  void aCertificateThatIsRevokedAlreadyIsRevoked() throws Exception {
    String id = submit("one.test");
    sleep(CHECK);
    ca.failures.add(failure(CaException.Kind.REFUSED, "alreadyRevoked"));
    assertTrue(people.revoke(find(id), Revocation.Reason.UNSPECIFIED, Quotas.NONE, by("anna")));
    sleep(Duration.ofSeconds(1));
    assertEquals(OrderState.DEAD, find(id).state());
  }

  @Test
  void aRefusedRevocationLeavesTheOrderAndIsKeptUntilTheNextRequest() throws Exception {
    String id = submit("one.test");
    sleep(CHECK);
    ca.failures.add(failure(CaException.Kind.REFUSED, "unauthorized"));
    assertTrue(people.revoke(find(id), Revocation.Reason.UNSPECIFIED, Quotas.NONE, by("anna")));
    sleep(Duration.ofSeconds(1));
    assertEquals(OrderState.ISSUED, find(id).state());
    Entry dead = queue.list(Filter.DEAD.ofStage(Revocation.STAGE), 0, 1).getFirst();
    assertEquals("the CA says no", dead.reason());
    assertTrue(
        people.revoke(find(id), Revocation.Reason.SUPERSEDED, Quotas.NONE, by("anna")), "again");
    sleep(Duration.ofSeconds(1));
    assertEquals(OrderState.DEAD, find(id).state());
    assertEquals(1, ca.revoked.size());
    assertEquals(List.of(), queue.list(Filter.DEAD.ofStage(Revocation.STAGE), 0, 1));
  }

  @Test
  void aRenewalThatIsCancelledItselfIsNotReplayed() throws Exception {
    String id = submit("one.test");
    sleep(CHECK);
    unready.add("one.test");
    sleep(DAY.multipliedBy(9).plusHours(1));
    String renewal = store.renewalOf(find(id).order()).renewal();
    assertTrue(people.cancel(renewal, by("anna")));
    sleep(DAY.multipliedBy(4));
    assertCancelled(renewal);
    assertNull(store.renewalOf(find(id).order()));
  }

  /** Otherwise the purge of the cancelled order would look as if no renewal had begun. */
  @Test
  void aRenewalThatIsCancelledAndPurgedDoesNotBeginAgain() throws Exception {
    String id = submit("one.test");
    sleep(CHECK);
    unready.add("one.test");
    sleep(DAY.multipliedBy(9).plusHours(1));
    String renewal = store.renewalOf(find(id).order()).renewal();
    assertTrue(people.cancel(renewal, by("anna")));
    assertNull(store.renewalOf(find(id).order()));
    assertEquals(1, store.purge(renewal));
    sleep(DAY);
    assertEquals(1, store.list(null, null, 0, 10).orders().size());
  }

  @Test
  void theRenewalOfAnIssuedRenewalIsNotCancelled() throws Exception {
    String id = submit("one.test");
    sleep(CHECK);
    Order old = find(id).order();
    String renewal = null;
    while (renewal == null || find(renewal).state() != OrderState.ISSUED) {
      sleep(Duration.ofMinutes(1));
      renewal = store.renewalOf(old).renewal();
    }
    people.cancel(id, by("anna"));
    assertNull(store.renewalOf(old));
    assertNotNull(store.renewalOf(find(renewal).order()), "its own plan");
  }

  @Test
  void theKeyOfARevokedCertificateIsDeletedBeforeItsOrderCanBeReplayed() throws Exception {
    String id = submit("one.test");
    sleep(CHECK);
    Path key = folder.resolve("certificates").resolve(id).resolve("key.pem");
    Path blocked = key.resolveSibling("blocked"); // a folder with a file: it cannot be deleted
    Files.createDirectories(blocked);
    Files.createFile(blocked.resolve("file"));
    assertTrue(people.revoke(find(id), Revocation.Reason.KEY_COMPROMISE, Quotas.NONE, by("anna")));
    sleep(Duration.ofSeconds(1));
    assertEquals(1, ca.revoked.size());
    assertEquals(OrderState.ISSUED, find(id).state(), "it cannot be replayed yet");
    Files.delete(blocked.resolve("file"));
    sleep(DAY);
    assertEquals(OrderState.DEAD, find(id).state());
    assertFalse(Files.exists(key));
  }
}
