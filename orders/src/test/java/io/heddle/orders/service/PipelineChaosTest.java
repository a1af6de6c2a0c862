package io.heddle.orders.service;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.heddle.local.FreePort;
import io.heddle.local.Pebble;
import io.heddle.orders.Authorization;
import io.heddle.orders.CaProxy;
import io.heddle.orders.Challenge;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.PebbleNeeded;
import io.heddle.orders.api.ApiClient;
import io.heddle.orders.service.MarkingQueue.Mutant;
import io.heddle.orders.store.OrderStore;
import io.heddle.orders.store.StoredOrder;
import io.heddle.queue.Entry;
import io.heddle.queue.Filter;
import io.heddle.queue.PostgresServer;
import io.heddle.queue.Queue;
import io.heddle.queue.Queues;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The whole pipeline against the real Pebble while its processes are killed with {@code kill -9}:
 * no order is lost, each stage has completed each order once in effect, and the CA has issued one
 * certificate for each. With {@code -Pchaos}, 10,000 orders on PostgreSQL. What it looks for it
 * finds in {@linkplain MarkingQueue mutants}.
 *
 * <p>Four customers share an account at a CA that reuses valid authorizations and open orders.
 * Every fifth order is for the name of the one before, which is another customer's: both prove it.
 * Thieves order what others have proved, and prove nothing.
 */
@Timeout(value = 7200, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class PipelineChaosTest {
  private static final int SHARED = Integer.getInteger("orders.chaos.pipeline", 60);
  private static final int EMBEDDED = Integer.getInteger("orders.chaos.embedded", 30);
  private static final int KILLS = Integer.getInteger("orders.chaos.lives", 8);
  private static final int LIFE = Integer.getInteger("orders.chaos.life", 2000);

  private static final int PAGE = 500;

  private static final Pattern ISSUED =
      Pattern.compile("Issued certificate serial (\\S+) for order (\\S+)");

  /** So many orders have a thief. */
  private static final int THIEVES = 5;

  private final Random random = new Random();
  private final Set<String> provisioned = ConcurrentHashMap.newKeySet();

  @TempDir private Path folder;

  private static Pebble startPebble(Path folder) throws Exception {
    Pebble pebble = PebbleNeeded.start("PEBBLE_VA_NOSLEEP", "1", "PEBBLE_AUTHZREUSE", "100");
    Files.writeString(folder.resolve("trust.pem"), pebble.trustPem());
    Files.writeString(folder.resolve("roots.pem"), pebble.rootPem());
    return pebble;
  }

  /** The customer of an order, by its number. */
  private static String customer(int order) {
    return "c" + order % WorkerMain.CUSTOMERS;
  }

  private static String name(int order) {
    return "www" + (order % 5 == 4 ? order - 1 : order) + ".test";
  }

  /** Whether only a thief orders the same name. */
  private static boolean isAlone(int order) {
    return order % 5 < 3;
  }

  private static Process worker(
      Pebble pebble, URI directory, Path folder, String address, int port, Mutant mutant)
      throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            WorkerMain.class.getName(),
            address,
            folder.toString(),
            String.valueOf(port),
            directory.toString(),
            String.valueOf(pebble.httpPort()),
            String.valueOf(pebble.tlsPort()),
            String.valueOf(pebble.nameServer().getPort()),
            mutant.name())
        .redirectError(ProcessBuilder.Redirect.appendTo(folder.resolve("log").toFile()))
        .start();
  }

  private static void kill(Process process) {
    process.destroyForcibly().onExit().join();
  }

  /** Lets it work for a while: the moment of death is the test's input. */
  private void liveAWhile(Process process, int most) throws Exception {
    process.inputReader().readLine(); // ready
    TimeUnit.MILLISECONDS.sleep(random.nextInt(200, most));
  }

  @Test
  void nothingIsLostNorIssuedTwiceWhenTheEmbeddedServiceIsKilledAgainAndAgain() throws Exception {
    int port = FreePort.next();
    String address = folder.resolve("orders.db").toString();
    URI server = URI.create("http://127.0.0.1:" + port);
    try (Pebble pebble = startPebble(folder);
        CaProxy ca = CaProxy.reusing(pebble)) {
      Map<String, String> taken = new HashMap<>();
      int kills = 0;
      long death = Long.MAX_VALUE;
      Process process = worker(pebble, ca.directory(), folder, address, port, Mutant.NONE);
      try {
        while (!isIssued(server, pebble, taken, EMBEDDED * (kills + 1) / (KILLS + 1))) {
          if (kills < KILLS && death == Long.MAX_VALUE && process.inputReader().ready()) {
            process.inputReader().readLine();
            // The moment of death is the test's input.
            death = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(random.nextInt(200, 2000));
          }
          if (System.nanoTime() > death) {
            kill(process);
            process = worker(pebble, ca.directory(), folder, address, port, Mutant.NONE);
            death = Long.MAX_VALUE;
            kills++;
          }
        }
      } finally {
        kill(process);
      }
      assertEquals(KILLS, kills);
      System.out.println("embedded: " + EMBEDDED + " orders, " + kills + " kills");
      try (Queue queue = Queues.open(address, 1)) {
        assertEquals(
            List.of(), faults(pebble, queue, folder, new HashSet<>(taken.values()), Set.of()));
      }
    }
  }

  /**
   * Submits, provisions and looks, as customers do; each call may meet a dead server. Only some
   * orders at first: in each of its lives the service is to have some that are new.
   */
  private boolean isIssued(URI server, Pebble pebble, Map<String, String> taken, int most)
      throws InterruptedException {
    int issued = 0;
    for (int i = 0; i < Math.min(EMBEDDED, most); i++) {
      String key = "order-" + i;
      try (ApiClient client =
          new ApiClient(server, WorkerMain.token(i % WorkerMain.CUSTOMERS), key)) {
        if (!taken.containsKey(key)) {
          String id = client.submit(List.of(name(i)), null, true).get("id").getAsString();
          // Again, as a customer does who has got no answer: it must be the same order.
          assertEquals(id, client.submit(List.of(name(i)), null, true).get("id").getAsString());
          taken.put(key, id);
        }
        JsonObject order = client.order(taken.get(key));
        issued += order.get("state").getAsString().equals("issued") ? 1 : 0;
        for (JsonElement authorization : order.getAsJsonArray("authorizations")) {
          for (JsonElement one : authorization.getAsJsonObject().getAsJsonArray("challenges")) {
            JsonObject challenge = one.getAsJsonObject();
            provision(
                pebble,
                challenge.get("type").getAsString(),
                challenge.get("token").getAsString(),
                challenge.get("key_authorization").getAsString());
          }
        }
      } catch (IOException e) {
        TimeUnit.MILLISECONDS.sleep(20); // it has just been killed: between two tries
        return false;
      } catch (ApiClient.RefusedException e) {
        throw new AssertionError(e);
      }
    }
    return issued == EMBEDDED;
  }

  private void provision(Pebble pebble, String type, String token, String keyAuthorization)
      throws IOException, InterruptedException {
    if (type.equals(Challenge.HTTP) && provisioned.add(token)) {
      pebble.addHttp(token, keyAuthorization);
    }
  }

  @Test
  void nothingIsLostNorIssuedTwiceWhenWorkersOfASharedQueueAreKilledAgainAndAgain()
      throws Exception {
    assertEquals(List.of(), shared(SHARED, Mutant.NONE, folder));
  }

  /**
   * Runs workers on a shared queue and yields the faults. Two of four are killed again and again,
   * or, where a mistake shows without that, one is left in peace.
   */
  List<String> shared(int orders, Mutant mutant, Path folder) throws Exception {
    String address = PostgresServer.shared().newSchema();
    try (Pebble pebble = startPebble(folder);
        CaProxy ca = CaProxy.reusing(pebble);
        Queue queue = Queues.open(address, 2)) {
      OrderStore store = new OrderStore(queue);
      List<String> ids = new ArrayList<>();
      for (int i = 0; i < orders; i++) {
        Order.Request request = new Order.Request(customer(i), List.of(name(i)), null);
        ids.add(store.submit(request, "order-" + i).order().order().id());
      }
      Set<String> proving = Set.copyOf(ids);
      Map<Integer, String> thieves = new HashMap<>();
      List<Process> workers = new ArrayList<>();
      int kills = 0;
      long start = System.nanoTime();
      try {
        for (int i = 0; i < (mutant.needsDeaths ? 4 : 1); i++) {
          workers.add(worker(pebble, ca.directory(), folder, address, 0, mutant));
        }
        long seen = 0;
        while (isGoingOn(store, ids, thieves)) {
          // Now and then from the start: an id may be older than the transaction that shows it.
          seen = provision(pebble, store, proving, kills % 10 == 0 ? 0 : seen);
          if (mutant.needsDeaths) {
            int victim = kills % 2;
            liveAWhile(workers.get(victim), LIFE);
            kill(workers.get(victim));
            workers.set(victim, worker(pebble, ca.directory(), folder, address, 0, mutant));
            kills++;
          } else {
            TimeUnit.MILLISECONDS.sleep(50); // between two looks at another process
          }
        }
      } finally {
        workers.forEach(PipelineChaosTest::kill);
      }
      long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start);
      System.out.println("shared: " + orders + " orders, " + kills + " kills, " + seconds + " s");
      return faults(pebble, queue, folder, proving, new HashSet<>(thieves.values()));
    }
  }

  private static boolean isGoingOn(OrderStore store, List<String> ids, Map<Integer, String> thieves)
      throws Exception {
    boolean isLeft = isLeft(store, ids);
    sendThieves(store, ids, thieves);
    return isLeft || areWaiting(store, thieves);
  }

  /** Another customer orders the name of an order that is done. */
  private static void sendThieves(OrderStore store, List<String> ids, Map<Integer, String> thieves)
      throws Exception {
    for (int i = 0; i < ids.size() && thieves.size() < THIEVES; i++) {
      StoredOrder order = isAlone(i) && !thieves.containsKey(i) ? store.find(ids.get(i)) : null;
      if (order != null && order.state().isFinal()) {
        Order.Request request = new Order.Request(customer(i + 1), List.of(name(i)), null);
        thieves.put(i, store.submit(request, null).order().order().id());
      }
    }
  }

  /** Whether thieves have not tried yet. */
  private static boolean areWaiting(OrderStore store, Map<Integer, String> thieves)
      throws Exception {
    for (String id : thieves.values()) {
      StoredOrder thief = store.find(id);
      if (thief != null && !thief.state().isFinal() && thief.order().attempts() < 2) {
        return true;
      }
    }
    return false;
  }

  /** Does what the customers of the orders after a place have to do, and yields the next place. */
  private long provision(Pebble pebble, OrderStore store, Set<String> proving, long after)
      throws Exception {
    long last = after;
    Long next = after;
    while (next != null) {
      OrderStore.Page page = store.list(OrderState.CHECKING, null, next, PAGE);
      for (StoredOrder order : page.orders()) {
        List<Authorization> wanted =
            proving.contains(order.order().id()) ? order.order().authorizations() : List.of();
        for (Authorization one : wanted) {
          Challenge challenge = one.challenge(Challenge.HTTP).orElseThrow();
          provision(pebble, Challenge.HTTP, challenge.token(), challenge.keyAuthorization());
        }
        last = order.cursor();
      }
      next = page.next();
    }
    return last;
  }

  /** Whether an order is still on its way. One that is lost is on no way. */
  private static boolean isLeft(OrderStore store, List<String> ids) throws Exception {
    for (String id : ids) {
      StoredOrder order = store.find(id);
      if (order != null && !order.state().isFinal()) {
        return true;
      }
    }
    return false;
  }

  /** How often each stage completed each order at the CA. */
  private static Map<String, Integer> marks(Queue queue) throws Exception {
    Map<String, Integer> marks = new TreeMap<>();
    Filter all = Filter.ALL.ofStage(MarkingQueue.MARK);
    long after = 0;
    for (List<Entry> page = queue.list(all, after, 1000);
        !page.isEmpty();
        page = queue.list(all, after, 1000)) {
      for (Entry entry : page) {
        marks.merge(entry.key().substring(0, entry.key().lastIndexOf(' ')), 1, Integer::sum);
      }
      after = page.getLast().id();
    }
    return marks;
  }

  /** What is wrong, by what the queue has and what the CA has issued. */
  private static List<String> faults(
      Pebble pebble, Queue queue, Path folder, Set<String> ids, Set<String> thieves)
      throws Exception {
    List<String> faults = new ArrayList<>();
    OrderStore store = new OrderStore(queue);
    Set<String> ours = new HashSet<>();
    Set<String> wanted = new TreeSet<>();
    for (String id : thieves) {
      StoredOrder order = store.find(id);
      if (order != null && order.state() == OrderState.ISSUED) {
        faults.add("issued to a thief: " + order);
      }
    }
    for (String id : ids) {
      int entries = queue.list(Filter.ALL.withKey(id), 0, 10).size();
      StoredOrder order = store.find(id);
      if (order == null || order.state() != OrderState.ISSUED || entries != 1) {
        faults.add(entries + " of " + id + ": " + order);
        continue;
      }
      if (!Files.readString(folder.resolve("certificates").resolve(id).resolve("chain.pem"))
          .equals(order.order().certificate().chain())) {
        faults.add("another certificate than the order's own is at " + id);
      }
      String location = order.order().placement().location().getPath();
      ours.add(location.substring(location.lastIndexOf('/') + 1));
      for (OrderState stage : OrderState.STAGES) {
        wanted.add(stage.label() + " " + id + " " + location);
      }
    }
    Map<String, Integer> marks = marks(queue);
    marks.forEach((done, times) -> {
      if (times != 1) {
        faults.add(done + " was completed " + times + " times");
      }
    });
    wanted.removeAll(marks.keySet());
    wanted.forEach(done -> faults.add(done + " was never completed"));
    Set<String> issued = new HashSet<>();
    Matcher lines = ISSUED.matcher(pebble.log());
    while (lines.find()) {
      if (!issued.add(lines.group(2))) {
        faults.add("issued twice for order " + lines.group(2));
      }
    }
    if (!issued.equals(ours)) {
      Set<String> others = new HashSet<>(issued);
      others.removeAll(ours);
      faults.add(
          "issued for " + issued.size() + " orders, ours are " + ours.size() + ": " + others);
    }
    return faults;
  }
}
