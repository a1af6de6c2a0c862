package io.heddle.orders.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.local.Pebble;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.PebbleNeeded;
import io.heddle.orders.files.Chain;
import io.heddle.orders.store.StoredOrder;
import io.heddle.queue.Entry;
import io.heddle.queue.Filter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Orders go all the way against the real Pebble. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class EndToEndTest {
  @TempDir private Path folder;

  @Test
  void anOrderBecomesACertificateWhoseChainVerifies() throws Exception {
    try (Pebble pebble =
            PebbleNeeded.start("PEBBLE_WFE_NONCEREJECT", "30", "PEBBLE_VA_SLEEPTIME", "2");
        Service service = new Service(pebble, folder, Service.FAST)) {
      String id = service.submit("www.shop.test", "shop.test");
      service.provision(pebble, id);
      StoredOrder issued = service.await(id, OrderState.ISSUED);

      Path written = folder.resolve("certificates").resolve(id);
      assertEquals(
          "rw-------",
          PosixFilePermissions.toString(Files.getPosixFilePermissions(written.resolve("key.pem"))));
      assertEquals(
          "rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(written)));
      assertEquals(
          issued.order().certificate().chain(), Files.readString(written.resolve("chain.pem")));
      assertTrue(Chain.read(written.resolve("chain.pem")).size() >= 2);
      try (var files = Files.list(written)) {
        assertEquals(2, files.count(), "no temporary file is left");
      }
    }
  }

  @Test
  void anOrderThatIsNotReadyWaitsAndTheCaHearsNothing() throws Exception {
    try (Pebble pebble = PebbleNeeded.start("PEBBLE_VA_NOSLEEP", "1");
        Service service = new Service(pebble, folder, Service.FAST)) {
      String id = service.submit("later.test");
      StoredOrder waiting = service.await(id, order -> order.order().attempts() >= 3);
      assertEquals(OrderState.CHECKING, waiting.state());
      assertTrue(waiting.order().problem().detail().contains("later.test"));
      assertFalse(pebble.log().contains("Pulled a task from the Tasks queue"), pebble.log());
      service.provision(pebble, id);
      service.await(id, OrderState.ISSUED);
      assertTrue(pebble.log().contains("Pulled a task from the Tasks queue"));
    }
  }

  @Test
  void anOrderThatIsNeverReadyDiesWithItsReasonAndCanBeReplayed() throws Exception {
    try (Pebble pebble = PebbleNeeded.start("PEBBLE_VA_NOSLEEP", "1");
        Service service = new Service(pebble, folder, Service.FAST)) {
      String id = service.submit("never.test");
      StoredOrder dead = service.await(id, OrderState.DEAD);
      assertEquals(Service.FAST.limit(), dead.order().attempts());
      assertTrue(
          dead.order().problem().detail().startsWith("given up after 8 attempts"),
          dead.order().problem().detail());
      assertEquals(
          List.of(id),
          service.store.list(OrderState.DEAD, null, 0, 10).orders().stream()
              .map(one -> one.order().id())
              .toList());
      service.provision(pebble, id);
      assertEquals(1, service.store.replay(id));
      assertEquals(0, service.await(id, OrderState.ISSUED).order().attempts());
      assertEquals(List.of(), service.store.list(OrderState.DEAD, null, 0, 10).orders());
    }
  }

  @Test
  void whatTheCaRefusesDiesAtOnceAndCanBePurged() throws Exception {
    try (Pebble pebble = PebbleNeeded.start("PEBBLE_VA_NOSLEEP", "1");
        Service service = new Service(pebble, folder, Service.FAST)) {
      String id = service.submit("www.blocked.test");
      StoredOrder dead = service.await(id, OrderState.DEAD);
      assertTrue(dead.order().problem().type().endsWith("rejectedIdentifier"));
      assertEquals(1, service.store.purge(id));
      assertEquals(null, service.store.find(id));
    }
  }

  /** The check sees what the customer shows; between it and the CA's look the file is gone. */
  @Test
  void aFailedValidationIsAnotherOrderAtTheCa() throws Exception {
    try (Pebble pebble = PebbleNeeded.start("PEBBLE_VA_SLEEPTIME", "3");
        Service service = new Service(pebble, folder, Service.FAST)) {
      String id = service.submit("flaky.test");
      service.provision(pebble, id);
      StoredOrder validating = service.await(id, OrderState.VALIDATING);
      Order.Placement first = validating.order().placement();
      pebble.removeHttp(
          first.authorizations().getFirst().challenge("http-01").orElseThrow().token());
      StoredOrder again =
          service.await(
              id,
              order ->
                  order.state() == OrderState.CHECKING
                      && !order.order().placement().location().equals(first.location()));
      assertNotEquals(
          first.authorizations().getFirst().challenge("http-01").orElseThrow().token(),
          again.order().authorizations().getFirst().challenge("http-01").orElseThrow().token());
      assertTrue(again.order().attempts() >= 1);
      service.provision(pebble, id);
      service.await(id, OrderState.ISSUED);
      List<Entry> counted = service.queue.list(Filter.ALL.ofStage(FailedValidations.STAGE), 0, 10);
      assertEquals(1, counted.size(), "the failure, and not the success");
    }
  }
}
