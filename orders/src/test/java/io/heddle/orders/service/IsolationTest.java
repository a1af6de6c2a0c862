package io.heddle.orders.service;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.local.Pebble;
import io.heddle.orders.Authorization;
import io.heddle.orders.CaProxy;
import io.heddle.orders.Challenge;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.PebbleNeeded;
import io.heddle.orders.ca.AcmeAuthority;
import io.heddle.orders.files.AccountKeys;
import io.heddle.orders.files.Keys;
import io.heddle.orders.pipeline.Pipeline;
import io.heddle.orders.service.Settings.Mode;
import io.heddle.orders.store.OrderStore;
import io.heddle.orders.telemetry.Log;
import io.heddle.preflight.Dns01Check;
import io.heddle.preflight.Network;
import io.heddle.queue.Backoff;
import io.heddle.queue.Consumer;
import io.heddle.queue.PostgresServer;
import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * One customer's attacks on another, at the real Pebble with all of the reuse that Boulder
 * documents: valid authorizations by Pebble itself, open orders by a proxy before it.
 */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class IsolationTest {
  /** As eager as one who has to get by without a proof, and never gives up. */
  private static final Backoff EAGER =
      new Backoff(
          Duration.ofMillis(50), Duration.ofMillis(500), 1000, Duration.ofMillis(500), 1000);

  @TempDir private Path folder;

  /** A CA, and services that work there. */
  private final class World extends RunningServices {
    final Pebble pebble = PebbleNeeded.start("PEBBLE_VA_NOSLEEP", "1", "PEBBLE_AUTHZREUSE", "100");
    final CaProxy ca = CaProxy.reusing(pebble);
    final String address;
    final Mode mode;
    final Backoff backoff;

    World(Mode mode, String address, Backoff backoff) throws Exception {
      this.mode = mode;
      this.address = address;
      this.backoff = backoff;
      start();
    }

    World(Mode mode) throws Exception {
      this(mode, folder.resolve("orders.db").toString(), EAGER);
    }

    void start() throws Exception {
      start(settings(pebble, ca.directory(), address, folder, mode, backoff), Log.NONE);
    }

    void prove(String id) throws Exception {
      prove(pebble, id);
    }

    /** Lets an order be checked a few times, of which nothing may come. */
    Order assertIsNotIssued(String id) throws Exception {
      int before = store().find(id).order().attempts();
      Order order =
          await(
              id,
              one ->
                  one.state() == OrderState.ISSUED
                      || (one.state() == OrderState.CHECKING && one.attempts() >= before + 3));
      assertEquals(OrderState.CHECKING, order.state(), "it was issued without any proof");
      return order;
    }

    @Override
    public void close() throws IOException {
      super.close();
      ca.close();
      pebble.close();
    }
  }

  private Settings settings(
      Pebble pebble, URI directory, String address, Path data, Mode mode, Backoff backoff)
      throws Exception {
    Path trust = Files.writeString(folder.resolve("trust.pem"), pebble.trustPem());
    Path roots = Files.writeString(folder.resolve("roots.pem"), pebble.rootPem());
    return new Settings(
        address,
        data,
        null,
        new Settings.Workers(
            new Settings.Authority(
                directory,
                trust,
                roots,
                new Settings.Accounts(
                    mode, new AcmeAuthority.Registration(null, true, null, null), Map.of(), false),
                AcmeAuthority.Load.ofPebble(8)),
            new Settings.Checks(
                Network.withLoopbackForTests(
                    new Network.Ports(
                        pebble.httpPort(), pebble.tlsPort(), pebble.nameServer().getPort()),
                    64),
                List.of(pebble.nameServer()),
                Dns01Check.Servers.RECURSIVE_ONLY,
                Set.of()),
            Pipeline.Settings.DEFAULT
                .with(backoff)
                .with(Consumer.Settings.DEFAULT.withConcurrency(4))));
  }

  private static String csr(KeyPair key, String... names) throws Exception {
    StringWriter text = new StringWriter();
    try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
      writer.writeObject(new PKCS10CertificationRequest(Keys.request(key, List.of(names))));
    }
    return text.toString();
  }

  private static Set<String> tokens(Order order) {
    Set<String> tokens = new HashSet<>();
    order.authorizations().forEach(one -> one.challenges().forEach(it -> tokens.add(it.token())));
    return tokens;
  }

  private static void assertNothingInCommon(Order one, Order other) {
    Set<String> common = tokens(one);
    common.retainAll(tokens(other));
    assertEquals(Set.of(), common, "one sees the other's tokens");
  }

  @ParameterizedTest
  @EnumSource(Mode.class)
  void aDomainThatOneCustomerHasProvedIsNotProvedForAnother(Mode mode) throws Exception {
    try (World world = new World(mode)) {
      String victim = world.submit("victim", null, "one.test");
      world.prove(victim);
      Order issued = world.await(victim, OrderState.ISSUED);
      String thief = world.submit("thief", csr(Keys.generate(), "one.test"), "one.test");
      String many = world.submit("thief", null, "one.test", "thief.test");
      assertNothingInCommon(issued, world.assertIsNotIssued(thief));
      assertNothingInCommon(issued, world.assertIsNotIssued(many));
      world.prove(thief); // it is the thief's domain, too
      assertNotEquals(
          issued.certificate().serial(),
          world.await(thief, OrderState.ISSUED).certificate().serial());
    }
  }

  @ParameterizedTest
  @EnumSource(Mode.class)
  void whoOrdersTheSameWhileItIsCheckedNeitherGetsNorHarmsIt(Mode mode) throws Exception {
    try (World world = new World(mode)) {
      String victim = world.submit("victim", null, "one.test", "two.test");
      URI placed = world.await(victim, OrderState.CHECKING).placement().location();
      List<String> thieves = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        String csr = csr(Keys.generate(), "one.test", "two.test");
        thieves.add(world.submit("thief" + i, csr, "two.test", "one.test"));
      }
      for (String thief : thieves) {
        world.await(thief, one -> one.state() == OrderState.CHECKING || one.problem() != null);
      }
      world.prove(victim);
      Order issued = world.await(victim, OrderState.ISSUED);
      assertEquals(placed, issued.placement().location(), "it had to be placed anew");
      if (mode == Mode.PER_CUSTOMER) {
        for (String thief : thieves) {
          assertNothingInCommon(issued, world.assertIsNotIssued(thief));
        }
      } else { // one after the other, and the first waits for its proof
        String first = null;
        while (first == null) {
          for (String thief : thieves) {
            Order order = world.store().find(thief).order();
            assertTrue(order.state() != OrderState.ISSUED, "it was issued without any proof");
            first = order.state() == OrderState.CHECKING ? thief : first;
          }
          Go.sleep(Duration.ofMillis(20));
        }
        assertNothingInCommon(issued, world.assertIsNotIssued(first));
      }
    }
  }

  /** The dead order's challenges were shown to its customer, who may meet them at any time. */
  @ParameterizedTest
  @EnumSource(Mode.class)
  void whatADeadOrderLeavesAtTheCaIsOfNoUseToAnother(Mode mode) throws Exception {
    Backoff short3 =
        new Backoff(Duration.ofMillis(50), Duration.ofMillis(100), 3, Duration.ofMillis(100), 3);
    try (World world = new World(mode, folder.resolve("orders.db").toString(), short3)) {
      String victim = world.submit("victim", null, "one.test");
      Order dead = world.await(victim, OrderState.DEAD);
      world.prove(victim);
      Order thief = world.await(world.submit("thief", null, "one.test"), OrderState.DEAD);
      assertEquals(3, thief.attempts(), "it was checked as often as may be");
      assertNothingInCommon(dead, thief);
      assertEquals(1, world.store().replay(victim));
      if (mode == Mode.PER_CUSTOMER) {
        world.await(victim, OrderState.ISSUED);
      } else { // the thief has used the CA's order, without success
        world.await(
            victim,
            one ->
                one.placement() != null
                    && !one.placement().location().equals(dead.placement().location()));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Mode.class)
  void customersWhoRaceOnTwoWorkersDoNotGetEachOthersCertificates(Mode mode) throws Exception {
    try (World world = new World(mode, PostgresServer.shared().newSchema(), EAGER)) {
      world.start();
      List<String> victims = new ArrayList<>();
      List<String> thieves = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        String name = "www" + i + ".test";
        boolean isThiefFirst = i % 2 == 1;
        for (int turn = 0; turn < 2; turn++) {
          if ((turn == 0) == isThiefFirst) {
            thieves.add(world.submit("thief", csr(Keys.generate(), name), name));
          } else {
            victims.add(world.submit("victim", null, name));
          }
        }
      }
      for (int i = 0; i < victims.size(); i++) {
        String thief = thieves.get(i);
        Order placed =
            world.await(
                victims.get(i),
                order ->
                    !order.authorizations().isEmpty()
                        || (order.problem() != null && isPlaced(world, thief)));
        if (!placed.authorizations().isEmpty()) {
          world.prove(victims.get(i));
          Order issued = world.await(victims.get(i), OrderState.ISSUED);
          assertNothingInCommon(issued, world.assertIsNotIssued(thief));
        } else {
          // The thief was first: it has the name, and nothing else, until its order expires.
          assertEquals(Mode.SHARED, mode);
          assertEquals("urn:heddle:orders:names-in-use", placed.problem().type());
          world.assertIsNotIssued(thief);
        }
      }
    }
  }

  private static boolean isPlaced(World world, String id) {
    try {
      return !world.store().find(id).order().authorizations().isEmpty();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void eachCustomerHasAKeyOfItsOwnAndTheOperatorKeepsItsOwn() throws Exception {
    try (World world = new World(Mode.PER_CUSTOMER)) {
      Set<String> accounts = new HashSet<>();
      for (String customer : List.of("admin", "anna", "Anna", "../bert")) {
        String id = world.submit(customer, null, "www.test");
        accounts.add(world.await(id, OrderState.CHECKING).placement().account());
      }
      assertEquals(4, accounts.size(), accounts::toString);
      AccountKeys keys = new AccountKeys(folder);
      Set<String> thumbprints = new HashSet<>();
      for (String file :
          List.of(
              "account.pem",
              "accounts/anna.pem",
              "accounts/%41nna.pem",
              "accounts/%2E%2E%2Fbert.pem")) {
        thumbprints.add(AcmeAuthority.thumbprint(keys.read(file)));
      }
      assertEquals(4, thumbprints.size());
    }
  }

  /** Orders continue with the account that placed them, whatever the operator has chosen since. */
  @Test
  void ordersThatArePlacedGoOnAfterAChangeOfTheMode() throws Exception {
    Map<Mode, Mode> changes =
        Map.of(Mode.SHARED, Mode.PER_CUSTOMER, Mode.PER_CUSTOMER, Mode.SHARED);
    try (Pebble pebble = PebbleNeeded.start("PEBBLE_VA_NOSLEEP", "1")) {
      for (Map.Entry<Mode, Mode> change : changes.entrySet()) {
        Path data = Files.createDirectory(folder.resolve(change.getKey().name()));
        String address = data.resolve("orders.db").toString();
        Order placed = null;
        for (Mode mode : List.of(change.getKey(), change.getValue())) {
          Settings settings = settings(pebble, pebble.directory(), address, data, mode, EAGER);
          try (CancelContext context = Context.background().withCancel();
              OrdersService service = OrdersService.open(settings, Log.NONE)) {
            Goroutine<?> running = Go.go(() -> service.run(context));
            OrderStore store = service.store();
            if (placed == null) {
              Order.Request request = new Order.Request("anna", List.of("one.test"), null);
              String id = store.submit(request, null).order().order().id();
              placed = await(store, id, OrderState.CHECKING);
            } else {
              for (Authorization one : placed.authorizations()) {
                Challenge challenge = one.challenge(Challenge.HTTP).orElseThrow();
                pebble.addHttp(challenge.token(), challenge.keyAuthorization());
              }
              Order issued = await(store, placed.id(), OrderState.ISSUED);
              assertEquals(placed.placement().location(), issued.placement().location());
            }
            context.cancel();
            running.join();
          }
        }
      }
    }
  }

  private static Order await(OrderStore store, String id, OrderState state) throws Exception {
    long start = System.nanoTime();
    while (store.find(id).order().state() != state) {
      if (System.nanoTime() - start > Duration.ofMinutes(2).toNanos()) {
        throw new AssertionError("still " + store.find(id));
      }
      Go.sleep(Duration.ofMillis(20));
    }
    return store.find(id).order();
  }
}
