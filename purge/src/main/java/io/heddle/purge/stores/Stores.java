package io.heddle.purge.stores;

import io.heddle.purge.Store;
import io.heddle.purge.StoreException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Opens a store by its address. */
public final class Stores {
  private Stores() {}

  /**
   * What is needed besides the address.
   *
   * @param environment the process's variables, for secrets
   * @param timeout how long to wait for an answer
   * @param generation the generation that a key must have to be deleted, null for any
   */
  public record Access(
      Map<String, String> environment, Duration timeout, @Nullable Long generation) {
    String variable(String name, String otherwise) {
      String value = environment.get(name);
      return value == null || value.isEmpty() ? otherwise : value;
    }
  }

  /**
   * Opens a store.
   *
   * <ul>
   *   <li>{@code fastly:ID}, with the API token in {@code FASTLY_API_TOKEN} and, if it is not the
   *       service itself, the base address in {@code FASTLY_API_ENDPOINT}
   * </ul>
   *
   * @param address the store's address
   * @param access what is needed besides
   * @return the store
   * @throws IllegalArgumentException if the address is none of these
   * @throws StoreException if a connection is needed and fails
   * @throws InterruptedException if the thread is interrupted
   */
  public static Store open(String address, Access access)
      throws StoreException, InterruptedException {
    int colon = address.indexOf(':');
    String scheme = colon < 0 ? "" : address.substring(0, colon);
    return switch (scheme) {
      case "fastly" -> fastly(address.substring(colon + 1), access);
      default ->
          throw new IllegalArgumentException(
              "'" + address + "' is no address of a store: fastly:ID");
    };
  }

  private static Store fastly(String id, Access access) {
    String token = access.variable("FASTLY_API_TOKEN", "");
    if (token.isEmpty()) {
      throw new IllegalArgumentException("set FASTLY_API_TOKEN to the API token");
    }
    String endpoint = access.variable("FASTLY_API_ENDPOINT", FastlyStore.SERVICE.toString());
    return new FastlyStore(URI.create(endpoint), id, token, access.timeout(), access.generation());
  }
}
