package io.heddle.purge.stores;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.heddle.purge.StoreException;
import java.io.IOException;
import java.net.ConnectException;
import org.junit.jupiter.api.Test;

/** What a client's exception is taken for. */
final class NetworkFailureTest {
  @Test
  void theReasonIsFoundHoweverDeepItIs() {
    IOException failed = new IOException("could not initialise", new IOException("no node"));
    failed.addSuppressed(new IllegalStateException(new ConnectException("Connection refused")));
    assertEquals(
        "store: Connection refused: is the server running there?",
        NetworkFailure.of("store", failed).getMessage());
  }

  /** As Jedis makes them, when it closes the connection that broke. */
  @Test
  void anExceptionBehindItselfIsNoEndlessSearch() {
    IOException outer = new IOException("broken pipe");
    IOException inner = new IOException("when closing", outer);
    outer.addSuppressed(inner);
    StoreException failure = NetworkFailure.of("store", outer);
    assertEquals("store: broken pipe", failure.getMessage());
    assertEquals("connection broke", failure.reason());
  }
}
