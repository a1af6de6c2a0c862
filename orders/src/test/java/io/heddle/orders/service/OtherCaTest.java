package io.heddle.orders.service;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.TaskGroup;
import io.heddle.local.Pebble;
import io.heddle.orders.Authorization;
import io.heddle.orders.Challenge;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.PebbleNeeded;
import io.heddle.orders.ca.AcmeAuthority;
import io.heddle.orders.files.AccountKeys;
import io.heddle.orders.files.Keys;
import io.heddle.orders.pipeline.Pipeline;
import io.heddle.orders.store.OrderStore;
import io.heddle.orders.telemetry.Log;
import io.heddle.preflight.Dns01Check;
import io.heddle.preflight.Network;
import io.heddle.queue.Message;
import io.heddle.queue.PostgresServer;
import io.heddle.queue.Queue;
import io.heddle.queue.Queues;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Workers whose CA or account keys are not those of the queue. */
@Timeout(value = 240, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class OtherCaTest {
  private static final URI CA = URI.create("https://ca.test/directory");

  @TempDir private Path folder;
  private final ByteArrayOutputStream log = new ByteArrayOutputStream();

  private String address(boolean isShared) throws Exception {
    return isShared ? PostgresServer.shared().newSchema() : folder.resolve("orders.db").toString();
  }

  /** A worker that is at no CA yet: to open the service asks it for nothing. */
  private Settings settings(String address, Path data, URI ca, boolean isChange) {
    return settings(address, data, ca, null, null, Network.Ports.STANDARD, 53, isChange);
  }

  private static Settings settings(
      String address,
      Path data,
      URI ca,
      Path trust,
      Path roots,
      Network.Ports ports,
      int dns,
      boolean isChange) {
    return new Settings(
        address,
        data,
        null,
        new Settings.Workers(
            new Settings.Authority(
                ca,
                trust,
                roots,
                new Settings.Accounts(
                    Settings.Mode.PER_CUSTOMER,
                    new AcmeAuthority.Registration(null, true, null, null),
                    Map.of(),
                    isChange),
                AcmeAuthority.Load.ofPebble(2)),
            new Settings.Checks(
                Network.withLoopbackForTests(ports, 64),
                List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), dns)),
                Dns01Check.Servers.RECURSIVE_ONLY,
                Set.of()),
            Pipeline.Settings.DEFAULT.with(WorkerMain.BACKOFF)));
  }

  private static void open(Settings settings) throws Exception {
    OrdersService.open(settings, Log.NONE).close();
  }

  private static String thumbprint(Path data) throws Exception {
    return AcmeAuthority.thumbprint(new AccountKeys(data).read(AccountKeys.OPERATOR));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aWorkerWithAnotherKeyDoesNotStart(boolean isShared) throws Exception {
    String address = address(isShared);
    Path data = folder.resolve("data");
    Path other = folder.resolve("other");
    open(settings(address, data, CA, false));
    open(settings(address, data, CA, false));
    IOException none =
        assertThrows(IOException.class, () -> open(settings(address, other, CA, false)));
    assertTrue(none.getMessage().contains(thumbprint(data)), none.getMessage());
    assertTrue(
        none.getMessage().contains("there is no file " + other.resolve("account.pem")),
        none.getMessage());
    assertFalse(Files.exists(other.resolve("account.pem")), "it made a key that nothing is of");
    Keys.in(other.resolve("account.pem"));
    IOException wrong =
        assertThrows(IOException.class, () -> open(settings(address, other, CA, false)));
    assertTrue(wrong.getMessage().contains(thumbprint(data)), wrong.getMessage());
    assertTrue(wrong.getMessage().contains(thumbprint(other)), wrong.getMessage());
    assertTrue(wrong.getMessage().contains("--change-ca"), wrong.getMessage());
    open(settings(address, other, CA, true));
    assertThrows(IOException.class, () -> open(settings(address, data, CA, false)));
  }

  /** An earlier version has placed orders, and recorded no key. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aWorkerWithoutTheKeyOfOrdersOfAnEarlierVersionDoesNotStart(boolean isShared)
      throws Exception {
    String address = address(isShared);
    Path data = folder.resolve("data");
    try (Queue queue = Queues.open(address, 2)) {
      queue.publish(List.of(new Message("checking", "placed", "")));
    }
    IOException none =
        assertThrows(IOException.class, () -> open(settings(address, data, CA, false)));
    assertTrue(none.getMessage().contains(data.resolve("account.pem") + ","), none.getMessage());
    Keys.in(data.resolve("account.pem"));
    open(settings(address, data, CA, false));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aWorkerOfAnotherCaDoesNotStart(boolean isShared) throws Exception {
    String address = address(isShared);
    Path data = folder.resolve("data");
    URI other = URI.create("https://other.test/directory");
    open(settings(address, data, CA, false));
    IOException e =
        assertThrows(IOException.class, () -> open(settings(address, data, other, false)));
    assertTrue(e.getMessage().contains(CA + ", and --ca is " + other), e.getMessage());
    open(settings(address, data, other, true));
    open(settings(address, data, other, false));
  }

  @Test
  void ofTwoWorkersWithDifferentFoldersThatStartAtTheSameTimeOneDoes() throws Exception {
    for (int round = 0; round < 5; round++) {
      String address = address(true);
      AtomicInteger started = new AtomicInteger();
      AtomicInteger refused = new AtomicInteger();
      TaskGroup<Void> group = new TaskGroup<>();
      for (int i = 0; i < 2; i++) {
        Path data = folder.resolve("data" + round + "-" + i);
        group.go(() -> {
          try {
            open(settings(address, data, CA, false));
            started.incrementAndGet();
          } catch (IOException e) {
            refused.incrementAndGet();
          }
        });
      }
      group.await();
      assertEquals(1, started.get());
      assertEquals(1, refused.get());
    }
  }

  /** Whatever is placed at the CA of before is placed at the new one, and what is dead stays so. */
  @Test
  void ordersStartAgainAtAnotherCa() throws Exception {
    String address = address(false);
    String id;
    try (Pebble before = PebbleNeeded.start("PEBBLE_VA_NOSLEEP", "1")) {
      id =
          with(
              before,
              address,
              false,
              service -> {
                String made = submit(service.store(), "anna");
                await(service.store(), made, order -> order.state() == OrderState.CHECKING);
                return made;
              });
    }
    try (Pebble after = PebbleNeeded.start("PEBBLE_VA_NOSLEEP", "1")) {
      with(
          after,
          address,
          true,
          service -> {
            String here = after.directory().getAuthority();
            Order placed =
                await(
                    service.store(),
                    id,
                    order ->
                        order.placement() != null
                            && order.placement().location().getAuthority().equals(here));
            String lines = log.toString(UTF_8);
            assertTrue(lines.contains("its order at the CA belongs to another account"), lines);
            for (Authorization one : placed.authorizations()) {
              Challenge challenge = one.challenge(Challenge.HTTP).orElseThrow();
              after.addHttp(challenge.token(), challenge.keyAuthorization());
            }
            await(service.store(), id, order -> order.state() == OrderState.ISSUED);
            return id;
          });
    }
  }

  private interface Work {
    String with(OrdersService service) throws Exception;
  }

  private String with(Pebble pebble, String address, boolean isChange, Work work) throws Exception {
    Settings settings =
        settings(
            address,
            folder,
            pebble.directory(),
            Files.writeString(folder.resolve("trust.pem"), pebble.trustPem()),
            Files.writeString(folder.resolve("roots.pem"), pebble.rootPem()),
            new Network.Ports(pebble.httpPort(), pebble.tlsPort(), pebble.nameServer().getPort()),
            pebble.nameServer().getPort(),
            isChange);
    try (CancelContext context = Context.background().withCancel();
        OrdersService service =
            OrdersService.open(settings, Log.to(new PrintStream(log, true, UTF_8)))) {
      Goroutine<?> running = Go.go(() -> service.run(context));
      try {
        return work.with(service);
      } finally {
        context.cancel();
        running.join();
      }
    }
  }

  private static String submit(OrderStore store, String customer) throws Exception {
    Order.Request request = new Order.Request(customer, List.of("one.test"), null);
    return store.submit(request, null).order().order().id();
  }

  private static Order await(OrderStore store, String id, Predicate<Order> isSo) throws Exception {
    long start = System.nanoTime();
    while (!isSo.test(store.find(id).order())) {
      if (System.nanoTime() - start > Duration.ofMinutes(2).toNanos()) {
        throw new AssertionError("still " + store.find(id));
      }
      Go.sleep(Duration.ofMillis(20));
    }
    return store.find(id).order();
  }
}
