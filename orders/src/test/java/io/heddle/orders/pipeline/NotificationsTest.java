package io.heddle.orders.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.orders.Order;
import io.heddle.orders.files.CertificateFolder;
import io.heddle.orders.files.Chain;
import io.heddle.orders.notify.Notifications;
import io.heddle.orders.notify.TestReceiver;
import io.heddle.orders.store.OrderStore;
import io.heddle.orders.store.RenewalPlan;
import io.heddle.orders.store.Revocation;
import io.heddle.preflight.CheckResult;
import io.heddle.preflight.ProblemType;
import io.heddle.queue.Delivery;
import io.heddle.queue.Entry;
import io.heddle.queue.Filter;
import io.heddle.queue.Handler;
import io.heddle.queue.LeaseLostException;
import io.heddle.queue.Message;
import io.heddle.queue.Note;
import io.heddle.queue.Outcome;
import io.heddle.queue.Queue;
import io.heddle.queue.Queues;
import io.heddle.queue.State;
import io.heddle.testing.Bubble;
import io.heddle.testing.Bubbled;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Notifications about orders, with two workers, in virtual time, on a real queue. */
@Bubbled
@Tag("slow")
final class NotificationsTest {
  private static final Duration DAY = Duration.ofDays(1);
  private static final Duration VALIDITY = DAY.multipliedBy(12);

  @TempDir private Path folder;
  private Queue queue;
  private OrderStore store;
  private final TestReceiver receiver = new TestReceiver("webhook");
  private final TestReceiver command = new TestReceiver("command");
  private final PromptAuthority ca = new PromptAuthority(DAY.multipliedBy(2), VALIDITY);
  private final Set<String> unready = ConcurrentHashMap.newKeySet();
  private final RunningPipelines workers = new RunningPipelines();

  @BeforeEach
  void start() throws Exception {
    queue = Queues.open(folder.resolve("orders.db").toString(), 1);
    store = new OrderStore(queue);
    workers.start(
        2,
        () ->
            RunningPipelines.parts(
                    queue,
                    ca,
                    (challenge, _) ->
                        unready.contains(challenge.domain())
                            ? CheckResult.notYet(ProblemType.UNAUTHORIZED, "no file")
                            : CheckResult.ready("there"),
                    new CertificateFolder(folder.resolve("certificates")),
                    Chain.Verifier.trusting(List.of(ca.root())))
                .with(TestReceiver.notifications(Notifications.BACKOFF, receiver, command)),
        Pipeline.Settings.DEFAULT);
  }

  @AfterEach
  void close() throws Exception {
    workers.close();
    queue.close();
  }

  private String submit(Order.Request request) throws Exception {
    String id = store.submit(request, null).order().order().id();
    Bubble.settle();
    return id;
  }

  private static Order.Request request(String domain) {
    return new Order.Request("anna", List.of(domain), null);
  }

  private static void sleep(Duration time) throws InterruptedException {
    Go.sleep(time);
    Bubble.settle();
  }

  private JsonObject parsed(String type) {
    return JsonParser.parseString(receiver.texts(type).getFirst()).getAsJsonObject();
  }

  private List<Entry> undelivered() throws Exception {
    return queue.list(Filter.ALL.ofStage("webhook"), 0, 100);
  }

  @Test
  void eachReceiverIsToldOfChallengesAndOfTheCertificate() throws Exception {
    unready.add("one.test");
    String id = submit(request("one.test"));
    assertEquals(List.of("order.action_required " + id), receiver.seen());
    JsonObject told = parsed("order.action_required");
    assertEquals("order.action_required", told.get("type").getAsString());
    assertEquals(Go.now().toString(), told.get("timestamp").getAsString());
    JsonObject data = told.getAsJsonObject("data");
    assertEquals("checking", data.get("state").getAsString());
    JsonObject challenge =
        data.getAsJsonArray("authorizations")
            .get(0)
            .getAsJsonObject()
            .getAsJsonArray("challenges")
            .get(0)
            .getAsJsonObject();
    assertEquals(
        "http://one.test/.well-known/acme-challenge/ca-test-token",
        challenge.get("url").getAsString());
    assertEquals("ca-test-token.thumbprint", challenge.get("content").getAsString());
    sleep(Duration.ofHours(3)); // further attempts require nothing new
    unready.clear();
    sleep(DAY);
    assertEquals(List.of("order.action_required " + id, "order.issued " + id), receiver.seen());
    assertEquals(receiver.seen(), command.seen());
    assertEquals(receiver.ids(), command.ids(), "one event has one id");
    assertEquals(2, new HashSet<>(receiver.ids()).size());
    assertEquals(List.of(), queue.notes("anna", id, Long.MAX_VALUE, 10), "the log has them");
    assertEquals(List.of(), undelivered());
  }

  @Test
  void aRenewalIsToldAndAnOrderThatIsGivenUp() throws Exception {
    String id = submit(request("one.test"));
    sleep(DAY.multipliedBy(9).plusHours(1)); // after two thirds of the life
    List<String> seen = receiver.seen();
    assertEquals(4, seen.size(), seen::toString);
    assertTrue(seen.get(1).startsWith("order.action_required "), seen::toString);
    assertEquals("order.issued " + id, seen.get(2));
    assertTrue(seen.get(3).startsWith("order.renewed "), seen::toString);
    assertFalse(seen.get(3).endsWith(id), seen::toString);
    receiver.clear();
    unready.add("two.test");
    String dead = submit(request("two.test"));
    sleep(DAY.multipliedBy(2)); // the CA's order expires
    assertEquals(List.of("order.action_required " + dead, "order.failed " + dead), receiver.seen());
    JsonObject data = parsed("order.failed").getAsJsonObject("data");
    assertEquals("dead", data.get("state").getAsString());
    assertTrue(data.has("problem"));
  }

  @Test
  void aCertificateThatIsAboutToExpireIsToldTwiceUnlessItIsReplaced() throws Exception {
    String once = submit(request("once.test").once());
    String replaced = submit(request("replaced.test").once());
    String renewed = submit(request("renewed.test"));
    sleep(DAY.multipliedBy(9).plusHours(1));
    submit(request("replaced.test").once());
    receiver.clear();
    sleep(Duration.ofHours(22)); // two of twelve days are left in an hour
    assertEquals(List.of(), receiver.seen());
    sleep(Duration.ofHours(2));
    assertEquals(List.of("order.expiring " + once), receiver.seen());
    sleep(DAY);
    assertEquals(1, receiver.seen().size());
    sleep(DAY);
    assertEquals(List.of("order.expiring " + once, "order.expiring " + once), receiver.seen());
    assertNotEquals(receiver.ids().get(0), receiver.ids().get(1));
    assertNotEquals(replaced, renewed);
  }

  @Test
  void aRenewalThatFailsIsNotHiddenByItsOrder() throws Exception {
    String id = submit(request("one.test"));
    unready.add("one.test");
    sleep(DAY.multipliedBy(10).plusHours(1));
    assertTrue(receiver.seen().contains("order.expiring " + id), () -> receiver.seen().toString());
  }

  @Test
  void aReceiverThatIsDownGetsEverythingWhenItIsBack() throws Exception {
    receiver.refuse("it is down");
    String id = submit(request("one.test"));
    sleep(DAY);
    int attempts = receiver.attempts();
    assertTrue(attempts > 20 && attempts < 60, () -> attempts + " attempts for two events");
    assertEquals(2, command.seen().size(), "it does not wait for the other receiver");
    assertEquals(2, undelivered().size());
    Entry waiting = undelivered().getFirst();
    assertEquals("it is down", waiting.reason());
    receiver.accept();
    sleep(Duration.ofHours(7));
    assertEquals(
        Set.of("order.action_required " + id, "order.issued " + id), Set.copyOf(receiver.seen()));
    assertEquals(Set.copyOf(command.ids()), Set.copyOf(receiver.ids()), "the same ids as before");
    assertEquals(List.of(), undelivered());
  }

  @Test
  void afterThreeDaysANotificationIsDeadAndCanBeReplayed() throws Exception {
    receiver.refuse("it is down");
    String id = submit(request("one.test"));
    sleep(DAY.multipliedBy(5));
    List<Entry> dead = undelivered();
    assertEquals(2, dead.size());
    for (Entry one : dead) {
      assertEquals(State.DEAD, one.state());
      assertEquals(Notifications.BACKOFF.limit(), one.attempts());
      assertEquals("it is down", one.reason());
    }
    receiver.accept();
    Note replay = new Note("admin", "here", "replayed");
    assertEquals(0, store.replayAll(replay).replayed(), "there is no dead order");
    assertEquals(2, store.replayNotifications(replay));
    Bubble.settle();
    assertEquals(2, receiver.seen().size());
    List<String> actions =
        queue.notes("anna", id, Long.MAX_VALUE, 10).stream().map(n -> n.note().action()).toList();
    assertTrue(actions.contains("not delivered: order.issued"), actions::toString);
    assertFalse(actions.contains("delivered: order.issued"), actions::toString);
  }

  @Test
  void aReceiverMayAskForALongerWait() throws Exception {
    receiver.refuse("busy", Duration.ofHours(5));
    submit(request("one.test"));
    int before = receiver.attempts();
    sleep(Duration.ofHours(5).minusMinutes(1));
    assertEquals(before, receiver.attempts());
    receiver.accept();
    sleep(Duration.ofMinutes(2));
    assertEquals(2, receiver.seen().size());
  }

  @Test
  void aReceiverThatAsksForAWeekIsAskedAfterSixHours() throws Exception {
    receiver.refuse("busy", DAY.multipliedBy(7));
    submit(request("one.test"));
    int before = receiver.attempts();
    sleep(Duration.ofHours(6).minusMinutes(1));
    assertEquals(before, receiver.attempts());
    receiver.accept();
    sleep(Duration.ofMinutes(2));
    assertEquals(2, receiver.seen().size());
  }

  @Test
  void aMessageThatCannotBeReadIsDeadAtOnce() throws Exception {
    List<String> stages =
        List.of("webhook", "command", "expiry", RenewalPlan.STAGE, Revocation.STAGE);
    for (String stage : stages) {
      for (String body : List.of("{}", "null", "[", "")) {
        queue.publish(List.of(new Message(stage, stage + body, body)));
      }
    }
    Bubble.settle();
    for (Entry one : queue.list(Filter.ALL, 0, 100)) {
      assertEquals(State.DEAD, one.state(), () -> one.stage() + ": " + one.body());
      assertEquals(1, one.attempts(), () -> one.stage() + ": " + one.body());
    }
    assertEquals(4 * stages.size(), queue.list(Filter.DEAD, 0, 100).size());
  }

  /** A worker that was suspended after the delivery: the receiver recognizes the id. */
  @Test
  void twoWorkersMayDeliverANotificationWithTheSameId() throws Exception {
    workers.cancel();
    Bubble.settle();
    Handler delivering = TestReceiver.delivering(queue, receiver);
    queue.publish(List.of(TestReceiver.message("order", "anna")));
    Duration lease = Duration.ofMinutes(1);
    Delivery suspended = queue.claim("webhook", 1, lease).getFirst();
    Outcome first = delivering.handle(suspended, Context.background());
    Go.sleep(lease.multipliedBy(2));
    Delivery other = queue.claim("webhook", 1, lease).getFirst();
    Outcome second = delivering.handle(other, Context.background());
    assertThrows(LeaseLostException.class, () -> queue.settle(suspended, first));
    queue.settle(other, second);
    assertEquals(2, receiver.ids().size());
    assertEquals(1, new HashSet<>(receiver.ids()).size());
    assertEquals(1, new HashSet<>(receiver.texts("order.issued")).size());
    assertEquals(List.of(), new ArrayList<>(undelivered()));
  }
}
