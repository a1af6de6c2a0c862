package io.heddle.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Go;
import io.heddle.testing.Bubbled;
import io.nats.client.Connection;
import io.nats.client.JetStreamSubscription;
import io.nats.client.Message;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** The client and the server disagree about the end of a request, in virtual time. */
@Bubbled
final class NatsSubscriptionsTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private interface Client {
    Object of(String method) throws Exception;
  }

  private static <T> T proxy(Class<T> type, Client client) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (_, method, _) -> client.of(method.getName())));
  }

  private final NatsSubscriptions subscriptions =
      new NatsSubscriptions(proxy(Connection.class, _ -> Connection.Status.CONNECTED));

  private final Message late = proxy(Message.class, _ -> null);

  /**
   * A subscription.
   *
   * @param answer the time until the client returns
   * @param sent what comes after that
   */
  private static JetStreamSubscription subscription(Duration answer, Message... sent) {
    Queue<Message> rest = new ArrayDeque<>(List.of(sent));
    return proxy(
        JetStreamSubscription.class,
        method ->
            switch (method) {
              case "fetch" -> {
                try {
                  Go.sleep(answer);
                } catch (InterruptedException e) { // as the client does
                  Thread.currentThread().interrupt();
                }
                yield List.of();
              }
              case "drain" -> CompletableFuture.completedFuture(true);
              case "nextMessage" -> rest.poll();
              default -> null;
            });
  }

  @Test
  void aMessageThatComesAfterTheClientHasGivenUpIsReceived() throws Exception {
    JetStreamSubscription slow = subscription(SECOND, late);
    assertSame(late, subscriptions.receive("jobs", slow, 5, SECOND).getFirst());
    assertNull(subscriptions.take("jobs"));
  }

  /** To give them back unread would count as deliveries. */
  @Test
  void anInterruptLosesNoMessages() throws Exception {
    JetStreamSubscription slow = subscription(SECOND, late);
    Thread.currentThread().interrupt();
    assertSame(late, subscriptions.receive("jobs", slow, 5, SECOND).getFirst());
    assertTrue(Thread.interrupted());
    Thread.currentThread().interrupt();
    JetStreamSubscription empty = subscription(SECOND);
    assertThrows(InterruptedException.class, () -> subscriptions.receive("jobs", empty, 5, SECOND));
    assertFalse(Thread.interrupted());
  }

  @Test
  void aSubscriptionIsUsedAgainWhenTheServerHasAnswered() throws Exception {
    JetStreamSubscription quick = subscription(SECOND.minusMillis(1));
    assertEquals(List.of(), subscriptions.receive("jobs", quick, 5, SECOND));
    assertSame(quick, subscriptions.take("jobs"));
    assertNull(subscriptions.take("jobs"));
  }
}
