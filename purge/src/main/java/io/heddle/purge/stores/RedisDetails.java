package io.heddle.purge.stores;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.heddle.purge.Details;
import io.heddle.purge.Property;
import io.heddle.purge.keys.KeyBytes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Connection;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Reads what a server records about keys: all requests are sent before the first answer is read.
 * None of them counts as a use of the key.
 */
final class RedisDetails {
  static final Set<Property> PROPERTIES =
      Set.of(Property.TYPE, Property.TTL, Property.IDLE, Property.SIZE);

  private static final long NO_KEY = -2;
  private static final byte[] IDLE_TIME = "IDLETIME".getBytes(UTF_8);
  private static final byte[] USAGE = "USAGE".getBytes(UTF_8);

  private RedisDetails() {}

  /** The details of each key; null for a key that is gone. */
  static List<@Nullable Details> read(
      Connection connection, List<String> keys, Set<Property> wanted) {
    int perKey = 1;
    for (String key : keys) {
      byte[] bytes = KeyBytes.of(key);
      perKey = 1;
      connection.sendCommand(Command.PTTL, bytes); // also says whether there is such a key
      if (wanted.contains(Property.TYPE)) {
        connection.sendCommand(Command.TYPE, bytes);
        perKey++;
      }
      if (wanted.contains(Property.IDLE)) {
        connection.sendCommand(Command.OBJECT, IDLE_TIME, bytes);
        perKey++;
      }
      if (wanted.contains(Property.SIZE)) {
        connection.sendCommand(Command.MEMORY, USAGE, bytes);
        perKey++;
      }
    }
    Iterator<Object> answers = connection.getMany(perKey * keys.size()).iterator();
    List<@Nullable Details> details = new ArrayList<>(keys.size());
    for (int i = 0; i < keys.size(); i++) {
      details.add(details(answers, wanted));
    }
    return details;
  }

  private static @Nullable Details details(Iterator<Object> answers, Set<Property> wanted) {
    Object ttl = checked(answers.next());
    Object type = wanted.contains(Property.TYPE) ? checked(answers.next()) : null;
    Object idle = wanted.contains(Property.IDLE) ? ofKey(answers.next()) : null;
    Object size = wanted.contains(Property.SIZE) ? ofKey(answers.next()) : null;
    if (!(ttl instanceof Long millis) || millis == NO_KEY) {
      return null;
    }
    return new Details(
        type instanceof byte[] name ? new String(name, UTF_8) : null,
        millis < 0 ? Details.NEVER : Duration.ofMillis(millis),
        idle instanceof Long seconds ? Duration.ofSeconds(seconds) : null,
        null,
        size instanceof Long bytes ? bytes : null);
  }

  private static @Nullable Object checked(@Nullable Object answer) {
    if (answer instanceof JedisDataException failure) {
      throw failure;
    }
    return answer;
  }

  /** An answer about a key that may have been deleted since the answer about its time to live. */
  private static @Nullable Object ofKey(@Nullable Object answer) {
    boolean isGone =
        answer instanceof JedisDataException failure
            && String.valueOf(failure.getMessage()).contains("no such key");
    return isGone ? null : checked(answer);
  }
}
