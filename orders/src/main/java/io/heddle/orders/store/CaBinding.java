package io.heddle.orders.store;

import io.heddle.queue.Entry;
import io.heddle.queue.Filter;
import io.heddle.queue.Message;
import io.heddle.queue.Queue;
import io.heddle.queue.QueueException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * At which CA the orders of a queue are placed, and with which keys. Workers that go by other ones
 * would take orders over that they cannot go on with, so it is in the queue, and they do not start.
 *
 * <p>Each fact is a message of a stage that nobody works on, so the first worker to publish it says
 * what it is.
 */
public final class CaBinding {
  private static final String STAGE = "ca";
  private static final String DIRECTORY = "directory";
  private static final String FIRST = "first-account";
  private static final String KEY = "key ";

  private final Queue queue;

  /** Makes a view of a queue. */
  public CaBinding(Queue queue) {
    this.queue = queue;
  }

  /**
   * The name of an account in a queue: it says at which CA, and with which key.
   *
   * @param thumbprint the key's thumbprint (RFC 7638)
   */
  public static String account(URI directory, String thumbprint) {
    return directory + "#" + thumbprint;
  }

  /**
   * Says at which CA the queue's orders are placed, unless that is known.
   *
   * @param file the name of the file of the operator's own key
   */
  public URI bind(URI directory, String file, String thumbprint)
      throws QueueException, InterruptedException {
    if (find(DIRECTORY) == null) {
      // What there is was placed by an earlier version, which had this one account.
      String account = account(directory, thumbprint);
      new Ownership(queue).adopt(account);
      queue.publish(
          List.of(
              message(DIRECTORY, directory.toString()),
              message(KEY + file, thumbprint),
              message(FIRST, account)));
    }
    String bound = find(DIRECTORY);
    return bound == null ? directory : URI.create(bound);
  }

  /** The account of orders that do not tell theirs; null if the queue is not bound. */
  public @Nullable String first() throws QueueException, InterruptedException {
    return find(FIRST);
  }

  /** The key that belongs in a file; null if there was none yet. */
  public @Nullable String key(String file) throws QueueException, InterruptedException {
    return find(KEY + file);
  }

  /**
   * Says which key belongs in a file, unless that is known; yields the thumbprint of the key that
   * does.
   */
  public String bindKey(String file, String thumbprint)
      throws QueueException, InterruptedException {
    queue.publish(List.of(message(KEY + file, thumbprint)));
    String bound = key(file);
    return bound == null ? thumbprint : bound;
  }

  /** The files of all keys. */
  public List<String> files() throws QueueException, InterruptedException {
    return entries().stream()
        .filter(entry -> entry.key().startsWith(KEY))
        .map(entry -> entry.key().substring(KEY.length()))
        .toList();
  }

  /** Forgets the CA and the keys, because they are to be others. No worker may be running. */
  public void forget() throws QueueException, InterruptedException {
    for (Entry entry : entries()) {
      if (!entry.key().equals(FIRST)) { // what that account has placed stays what it was
        queue.retract(message(entry.key(), entry.body()));
      }
    }
  }

  /** Whether there are orders that some account has placed. */
  public boolean hasPlacedOrders() throws QueueException, InterruptedException {
    for (String stage : Ownership.PLACED) {
      if (!queue.list(Filter.ALL.ofStage(stage), 0, 1).isEmpty()) {
        return true;
      }
    }
    return false;
  }

  private List<Entry> entries() throws QueueException, InterruptedException {
    List<Entry> all = new ArrayList<>();
    List<Entry> page;
    long after = 0;
    do {
      page = queue.list(Filter.ALL.ofStage(STAGE), after, 1000);
      all.addAll(page);
      after = page.isEmpty() ? after : page.getLast().id();
    } while (!page.isEmpty());
    return all;
  }

  private @Nullable String find(String key) throws QueueException, InterruptedException {
    List<Entry> found = queue.list(Filter.ALL.ofStage(STAGE).withKey(key), 0, 1);
    return found.isEmpty() ? null : found.getFirst().body();
  }

  private static Message message(String key, String body) {
    return new Message(STAGE, key, body);
  }
}
