package io.heddle.purge.stores;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.purge.Store;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whether the processes of a job mean the same store. */
final class SharedStoreTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  private static Stores.Access access(Map<String, String> environment) {
    return new Stores.Access(environment, TIMEOUT, null, 1);
  }

  private static void check(String address, String servers) {
    Stores.Access access =
        access(
            Map.of(
                "FASTLY_API_ENDPOINT", "http://localhost:8080",
                "CLOUDFLARE_API_BASE_URL", "https://api.example/v4"));
    Stores.checkIsShared(address, access, Stores.job("nats://" + servers + "/job", access));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "redis+unix:///run/valkey.sock",
        "redis://127.0.0.1:6379/0",
        "redis://LocalHost",
        "redis://[::1]:6379/0",
        "redis://[0:0:0:0:0:0:0:1]/0",
        "redis-cluster://a.example:1,127.0.1.1:2",
        "etcd://localhost.:2379",
        "nats://app.localhost/bucket",
        "fastly:id"
      })
  void aStoreOfEachMachineIsRefused(String address) {
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> check(address, "127.0.0.1:4222,broker.example:4222"))
            .getMessage();
    assertTrue(message.startsWith(address + " is another store on each machine"), message);
    check(address, "127.0.0.1:4222,localhost,[::1]:4223");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "redis://valkey.example/0",
        "redis://10.127.0.1/0",
        "redis://[fe80:0:0:0:0:0:0:1]/0",
        "redis://localhost.example/0",
        "redis://127.example/0",
        "redis-sentinel://a,b/main/0",
        "cloudflare:account/namespace"
      })
  void aStoreOfAllIsNot(String address) {
    check(address, "broker.example");
  }

  @ParameterizedTest
  @CsvSource({
    "'', api.fastly.com",
    "https://proxy.example, proxy.example",
    "https://proxy.example/one/, proxy.example/one",
    "https://proxy.example/two, proxy.example/two"
  })
  void aNameTellsApisOnOneServerApart(String endpoint, String place) {
    Map<String, String> environment =
        Map.of("FASTLY_API_TOKEN", "token", "FASTLY_API_ENDPOINT", endpoint);
    try (Store store = Stores.open("fastly:id", access(environment))) {
      assertEquals("Fastly KV store id at " + place, store.name());
    }
  }

  @Test
  void theNameOfTheServiceIsShort() {
    try (Store store =
        Stores.open("cloudflare:a/b", access(Map.of("CLOUDFLARE_API_TOKEN", "token")))) {
      assertEquals("Cloudflare KV namespace b at api.cloudflare.com", store.name());
    }
  }
}
