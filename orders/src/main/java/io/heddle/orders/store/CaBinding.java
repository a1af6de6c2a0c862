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
 * Records in the queue the CA and the keys that place its orders. Workers with another CA or other
 * keys could not continue these orders, so they do not start.
 *
 * <p>Each fact is a message of a stage that no worker serves, so the first worker to publish it
 * determines it.
 */
public final class CaBinding {
  private static final String STAGE = "ca";
  private static final String DIRECTORY = "directory";
  private static final String FIRST = "first-account";
  private static final String KEY = "key ";

  private static final String OTHER = "@";

  private final Queue queue;

  /** The beginning of the keys of this CA's messages: empty for the first CA. */
  private final String prefix;

  /** The first CA of a configuration. */
  public CaBinding(Queue queue) {
    this(queue, "");
  }

  private CaBinding(Queue queue, String prefix) {
    this.queue = queue;
    this.prefix = prefix;
  }

  /** Another CA. */
  public CaBinding other(String name) {
    return new CaBinding(queue, OTHER + name + " ");
  }

  /** The names of the other CAs that place the queue's orders. */
  public List<String> others() throws QueueException, InterruptedException {
    return entries().stream()
        .map(Entry::key)
        .filter(key -> key.startsWith(OTHER) && key.endsWith(" " + DIRECTORY))
        .map(key -> key.substring(OTHER.length(), key.indexOf(' ')))
        .toList();
  }

  /**
   * The id of an account in a queue, which identifies the CA and the key.
   *
   * @param thumbprint the key's thumbprint (RFC 7638)
   */
  public static String account(URI directory, String thumbprint) {
    return directory + "#" + thumbprint;
  }

  /**
   * Records the CA that places the queue's orders, unless that is known.
   *
   * @param file the name of the operator's key file
   */
  public URI bind(URI directory, String file, String thumbprint)
      throws QueueException, InterruptedException {
    if (find(DIRECTORY) == null) {
      // Existing orders were placed by an earlier version, which had only this account.
      String account = account(directory, thumbprint);
      if (prefix.isEmpty()) {
        new Ownership(queue).adopt(account);
      }
      queue.publish(
          List.of(
              message(DIRECTORY, directory.toString()),
              message(KEY + file, thumbprint),
              message(FIRST, account)));
    }
    String bound = find(DIRECTORY);
    return bound == null ? directory : URI.create(bound);
  }

  /** The account of orders that do not name one; null if the queue is not bound. */
  public @Nullable String first() throws QueueException, InterruptedException {
    return find(FIRST);
  }

  /** The key that belongs in a file; null if there has been none yet. */
  public @Nullable String key(String file) throws QueueException, InterruptedException {
    return find(KEY + file);
  }

  /**
   * Records which key belongs in a file, unless that is known; returns the thumbprint of the key
   * that is recorded.
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
        .filter(entry -> entry.key().startsWith(prefix + KEY))
        .map(entry -> entry.key().substring((prefix + KEY).length()))
        .toList();
  }

  /** Forgets all CAs and keys, so that others can be recorded. No worker may be running. */
  public void forget() throws QueueException, InterruptedException {
    for (Entry entry : entries()) {
      if (!entry.key().equals(FIRST)) { // the account of earlier orders does not change
        queue.retract(new Message(STAGE, entry.key(), entry.body()));
      }
    }
  }

  /** Whether there are orders that an account has placed. */
  public boolean hasPlacedOrders() throws QueueException, InterruptedException {
    if (!prefix.isEmpty()) {
      return false; // the keys of other CAs are recorded before they place any
    }
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
    List<Entry> found = queue.list(Filter.ALL.ofStage(STAGE).withKey(prefix + key), 0, 1);
    return found.isEmpty() ? null : found.getFirst().body();
  }

  private Message message(String key, String body) {
    return new Message(STAGE, prefix + key, body);
  }
}
