package io.heddle.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.CancelContext;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.Select;
import io.heddle.TaskGroup;
import io.heddle.queue.ChannelQueue;
import io.heddle.queue.Queues;
import io.heddle.queue.StageStats;
import io.heddle.remote.Remote.Settings;
import io.heddle.testing.Bubble;
import io.heddle.testing.Bubbled;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The embedded file, in virtual time. Its connections share one backend, as it has one process. */
@Bubbled
final class FileRemoteTest extends RemoteContract {
  private static final Codec<String> TEXT = Codec.text();

  @TempDir private Path folder;
  private Backend backend;

  private String file() {
    return folder.resolve("jobs.db").toString();
  }

  @Override
  synchronized Remote connect(Settings settings) throws Exception {
    if (backend == null) {
      backend = QueueBackend.open(file(), 1);
    }
    return new Remote(backend, settings);
  }

  @Test
  void aHoldersContextEndsBeforeAnotherHasTheLock() throws Exception {
    Remote suspended = remote();
    Remote other = remote();
    Held lost = suspended.mutex("m").lock();
    Goroutine<Instant> end =
        Go.go(() -> {
          Select.select(lost.context().onDone());
          return Go.now();
        });
    suspended.suspend();
    Instant start = Go.now();
    try (Held held = other.mutex("m").lock()) {
      assertTrue(held.token() > lost.token());
      assertEquals(Duration.ofSeconds(54), Duration.between(start, end.await()));
      assertEquals(Duration.ofMinutes(1), Duration.between(start, Go.now()));
    }
  }

  /** A time during which a process believed that it held the lock. */
  private record Interval(long token, Instant from, Instant to) {
    boolean overlaps(Interval other) {
      return token != other.token && from.isBefore(other.to) && other.from.isBefore(to);
    }
  }

  /**
   * Three processes lock and work for up to three minutes, and some of them are suspended
   * meanwhile.
   *
   * @param heeding whether they stop to work when their context ends, as they should
   */
  private List<Interval> history(String lock, boolean heeding) throws Exception {
    List<Interval> history = Collections.synchronizedList(new ArrayList<>());
    TaskGroup<Void> processes = new TaskGroup<>();
    for (int seed = 0; seed < 3; seed++) {
      Random random = new Random(seed);
      processes.go(() -> {
        for (int i = 0; i < 4; i++) {
          Remote remote = remote();
          try (Held held = remote.mutex(lock).lock()) {
            Instant from = Go.now();
            if (random.nextBoolean()) {
              remote.suspend();
            }
            Duration work = Duration.ofSeconds(random.nextInt(180));
            if (heeding) {
              Select.choose(Go.after(work).onReceive(), held.context().onDone());
            } else {
              Go.sleep(work);
            }
            history.add(new Interval(held.token(), from, Go.now()));
          }
        }
      });
    }
    processes.await();
    return history;
  }

  private static boolean hasTwoHolders(List<Interval> history) {
    return history.stream().anyMatch(one -> history.stream().anyMatch(one::overlaps));
  }

  @Test
  void noTwoProcessesHaveTheLockUnlessTheyIgnoreTheirContext() throws Exception {
    assertFalse(hasTwoHolders(history("m", true)));
    assertTrue(hasTwoHolders(history("n", false)), "the check finds nothing");
  }

  @Test
  void aLeaseIsRenewedAsLongAsItIsNeeded() throws Exception {
    Remote remote = remote();
    remote.outlet("jobs", TEXT).send("long job");
    try (Inlet<String> inlet = remote.inlet("jobs", TEXT);
        Delivery<String> delivery = inlet.receive(LONG);
        Held held = remote.mutex("m").lock()) {
      assertNotNull(delivery);
      Go.sleep(Duration.ofHours(1));
      assertFalse(delivery.context().isDone());
      assertFalse(held.context().isDone());
      assertNull(remote.mutex("m").tryLock());
      delivery.ack();
    }
  }

  @Test
  void deliveriesThatAreLostBeforeTheyAreReceivedKeepTheirCredit() throws Exception {
    Remote sender = remote();
    Remote suspended = connect(Settings.DEFAULT.withCredit(2));
    Outlet<String> outlet = sender.outlet("jobs", TEXT);
    for (int i = 0; i < 6; i++) {
      outlet.send("m" + i);
    }
    try (Inlet<String> inlet = suspended.inlet("jobs", TEXT)) {
      Bubble.settle(); // it has fetched two
      suspended.suspend();
      Go.sleep(Duration.ofMinutes(5));
      for (int i = 0; i < 2; i++) {
        try (Delivery<String> lost = inlet.receive(LONG)) {
          assertNotNull(lost);
          assertEquals(1, lost.attempt());
          assertThrows(LeaseLostException.class, lost::ack);
        }
      }
      for (int i = 0; i < 6; i++) {
        try (Delivery<String> delivery = inlet.receive(LONG)) {
          assertNotNull(delivery);
          delivery.ack();
        }
      }
    }
    List<DeadLetters.Letter> dead = sender.deadLetters("jobs").list(0, 1);
    assertEquals(List.of(), dead);
  }

  @Test
  void anIdIsForgottenAfterTheWindow() throws Exception {
    Remote remote = remote();
    Outlet<String> outlet = remote.outlet("jobs", TEXT);
    Message<String> message = Message.of("job");
    try (Inlet<String> inlet = remote.inlet("jobs", TEXT)) {
      for (int i = 0; i < 2; i++) {
        outlet.send(message);
        try (Delivery<String> delivery = inlet.receive(LONG)) {
          assertNotNull(delivery);
          assertEquals(1, delivery.attempt());
          delivery.ack();
        }
        Go.sleep(Remote.WINDOW.minusSeconds(1));
        outlet.send(message);
        assertNull(inlet.tryReceive());
        Go.sleep(Duration.ofMinutes(2)); // old ids are forgotten once a minute
      }
    }
  }

  /** No inlet is open, which would forget old ids. */
  @Test
  void anIdIsNewAfterTheWindowThoughNobodyReceives() throws Exception {
    Remote remote = remote();
    Outlet<String> outlet = remote.outlet("jobs", TEXT);
    Message<String> message = Message.of("job");
    for (int i = 0; i < 2; i++) {
      outlet.send(message);
      outlet.send(message);
      try (Inlet<String> inlet = remote.inlet("jobs", TEXT);
          Delivery<String> delivery = inlet.receive(LONG)) {
        assertNotNull(delivery);
        delivery.ack();
      }
      Go.sleep(Remote.WINDOW.plusSeconds(1));
    }
  }

  /** Another sender, or a sweep, forgets the id while this one is being sent. */
  @Test
  void anIdThatIsForgottenMeanwhileIsStored() throws Exception {
    ChannelQueue queue = Queues.open(folder.resolve("meanwhile.db").toString(), 1);
    AtomicBoolean isSwept = new AtomicBoolean();
    ChannelQueue swept =
        (ChannelQueue)
            Proxy.newProxyInstance(
                ChannelQueue.class.getClassLoader(),
                new Class<?>[] {ChannelQueue.class},
                (_, method, arguments) -> {
                  try {
                    Object result = method.invoke(queue, arguments);
                    if (method.getName().equals("publishIfOpen") && isSwept.get()) {
                      queue.expire("jobs/seen", 10);
                    }
                    return result;
                  } catch (InvocationTargetException e) {
                    throw e.getCause();
                  }
                });
    try (Remote remote = new Remote(new QueueBackend("a queue", swept), Settings.DEFAULT)) {
      Outlet<String> outlet = remote.outlet("jobs", TEXT);
      Message<String> message = Message.of("job");
      for (int i = 0; i < 2; i++) {
        outlet.send(message);
        try (Inlet<String> inlet = remote.inlet("jobs", TEXT);
            Delivery<String> delivery = inlet.receive(LONG)) {
          assertNotNull(delivery);
          delivery.ack();
        }
        Go.sleep(Remote.WINDOW.plusSeconds(1));
        isSwept.set(true);
      }
    }
  }

  @Test
  void aCallerThatIsClosedCancelsTheHandler() throws Exception {
    CallContract.Waiting handler = new CallContract.Waiting();
    respond(remote(), handler);
    Caller<String, String> caller = caller(remote());
    try (CancelContext context = timed()) {
      Goroutine<Throwable> call = failing(caller, context);
      handler.begun.receive();
      Go.sleep(Duration.ofSeconds(5)); // the responder has reported
      caller.close();
      handler.assertCancelled();
      assertUnknown(call);
    }
  }

  /** Its caller, and that caller's mailbox, are gone. */
  @Test
  void repliesToProcessesThatHaveDiedAreRemoved() throws Exception {
    try (ChannelQueue queue = Queues.open(folder.resolve("notes.db").toString(), 1);
        QueueBackend own = new QueueBackend("a queue", queue)) {
      own.post("the dead", "a reply");
      Go.sleep(Remote.WINDOW.plusMinutes(1));
      own.forget("jobs");
      assertEquals(1, queue.stats().size(), "a process without a mailbox leaves them");
      own.mailbox("the living");
      own.post("the living", "a reply");
      own.forget("jobs");
      assertEquals(
          List.of("note/the living"), queue.stats().stream().map(StageStats::stage).toList());
    }
  }

  @Test
  void whatFailsWaitsLongerEachTime() {
    assertEquals(Duration.ofSeconds(1), Delivery.pause(1));
    assertEquals(Duration.ofSeconds(8), Delivery.pause(4));
    assertEquals(Duration.ofMinutes(5), Delivery.pause(10));
    assertEquals(Duration.ofMinutes(5), Delivery.pause(Integer.MAX_VALUE));
  }

  @Test
  void aClosedConnectionEndsWhatWasHeld() throws Exception {
    Remote remote = remote();
    Held held = remote.mutex("m").lock();
    remote.close();
    remote.close();
    assertTrue(held.context().isDone());
    held.close();
    RemoteException closed =
        assertThrows(RemoteException.class, () -> remote.outlet("jobs", TEXT).send("x"));
    assertTrue(closed.getMessage().contains(file()), closed::getMessage);
  }

  @Test
  void aFileThatCannotBeUsedIsNamedWithTheNextStep() throws Exception {
    Remote remote = remote();
    assertRefused(file(), "is open already: stop the process that uses it");
    remote.close();
    Path letter = folder.resolve("letter");
    Files.writeString(letter, "This is a letter, and no database at all. ".repeat(100));
    assertRefused(letter.toString(), "Choose another name, or move the file away");
    assertRefused(folder.resolve("missing/jobs.db").toString(), "there is no folder");
  }

  private static void assertRefused(String address, String expected) {
    RemoteException refused = assertThrows(RemoteException.class, () -> Remote.open(address));
    assertTrue(refused.getMessage().contains(address), refused::getMessage);
    assertTrue(refused.getMessage().contains(expected), refused::getMessage);
  }

  @Test
  void anAddressWithoutABackendIsRefusedWithoutItsPassword() {
    for (String address : new String[] {"kafka://me:secret@127.0.0.1:1", "mysql://h/d", ""}) {
      RemoteException refused = assertThrows(RemoteException.class, () -> Remote.open(address));
      assertTrue(refused.getMessage().contains("there is no such backend"), refused::getMessage);
      assertFalse(refused.getMessage().contains("secret"), refused::getMessage);
    }
    assertEquals(
        "postgresql://a,b:1/db",
        Addresses.withoutCredentials("postgresql://me:p@ss/w@a,b:1/db?password=secret"));
    for (String address : List.of("postgresql://a/db?password=x@y", "postgresql://me:p@x?y@a/db")) {
      assertEquals("postgresql://…", Addresses.withoutCredentials(address));
    }
    assertEquals("C:\\jobs.db", Addresses.withoutCredentials("C:\\jobs.db"));
    for (String address : List.of("nats:me:secret@host", "postgresql:me:secret@host/db")) {
      RemoteException refused = assertThrows(RemoteException.class, () -> Remote.open(address));
      String scheme = address.substring(0, address.indexOf(':') + 1);
      assertTrue(refused.getMessage().contains("cannot open " + scheme + "…: "), scheme);
      for (Throwable e = refused; e != null; e = e.getCause()) {
        assertFalse(e.toString().contains("secret"), e::toString);
      }
    }
  }

  @Test
  void settingsAreChecked() {
    Settings good = Settings.DEFAULT;
    assertThrows(IllegalArgumentException.class, () -> good.withLease(Duration.ofMillis(99)));
    assertThrows(IllegalArgumentException.class, () -> good.withCredit(0));
    assertThrows(IllegalArgumentException.class, () -> good.withCredit(10_001));
    assertThrows(IllegalArgumentException.class, () -> good.withConnections(0));
  }
}
