package io.heddle.orders.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.orders.store.Quotas;
import io.heddle.orders.telemetry.Log;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CustomerLimitsTest {
  @TempDir private Path folder;

  private CustomerLimits read(String text) throws IOException {
    return CustomerLimits.read(Files.writeString(folder.resolve("limits"), text), Log.NONE);
  }

  @Test
  void aCustomerHasItsOwnLineOrThatOfAllOthers() throws Exception {
    CustomerLimits limits =
        read("# who\n* orders=10 replays=2\n\nanna\torders=0 open=5 domains=Example.com,b.net\n");
    assertEquals(new Quotas(10, 1000, 2), limits.of("bert").quotas());
    assertEquals(new Quotas(0, 5, 30), limits.of("anna").quotas());
    assertEquals(Quotas.NONE, limits.of("admin").quotas());
    assertEquals(new Quotas(1, 1000, 30), read("admin orders=1\n").of("admin").quotas());
    assertEquals(new Quotas(300, 1000, 30), CustomerLimits.standard().of("anna").quotas());
  }

  @Test
  void aDomainIsPermittedWithAllNamesBelowIt() throws Exception {
    CustomerLimits.Limit limit = read("anna domains=Example.com,b.net\n").of("anna");
    assertTrue(limit.permits("example.com"));
    assertTrue(limit.permits("*.example.com"));
    assertTrue(limit.permits("x.y.b.net"));
    assertFalse(limit.permits("notexample.com"));
    assertFalse(limit.permits("com"));
    assertTrue(CustomerLimits.none().of("anna").permits("anything"));
  }

  @Test
  void aLineThatMakesNoSenseIsNamed() {
    for (String line :
        new String[] {
          "anna orders=-1", "anna orders=x", "anna order=1", "anna x", "anna domains="
        }) {
      IOException refused = assertThrows(IOException.class, () -> read("#\n" + line + "\n"));
      assertTrue(refused.getMessage().contains(", line 2: '"), refused::getMessage);
    }
    IOException twice = assertThrows(IOException.class, () -> read("anna open=1\nanna open=2\n"));
    assertTrue(twice.getMessage().endsWith("line 2: 'anna' has a line already"), twice::getMessage);
  }
}
