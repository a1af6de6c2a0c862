package io.heddle.purge.stores;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.heddle.purge.keys.KeyBytes;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import redis.clients.jedis.Connection;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * A step of a SCAN.
 *
 * <p>A SCAN goes through a hash table in the order of the reversed bits of its cursor, whatever the
 * size of the table. A {@link Part} is a range of this order: the keys whose hashes end in certain
 * bits. Servers do not promise this order, but {@link #isOrdered} shows whether they keep it.
 *
 * <p>The cursor of a SCAN refers to the server's hash table. It outlives a connection, but not the
 * server: after a restart, or on another server, it would skip keys. Therefore it is combined with
 * the run id of its server, and on any other server the SCAN starts over.
 */
final class RedisScan {
  static final String START = "0";

  private static final int ORDERED_STEPS = 8;

  private static final Pattern RUN_ID = Pattern.compile("run_id:(\\w+)");

  private RedisScan() {}

  /**
   * The result of a step.
   *
   * @param keys some keys; may be empty
   * @param next where the next step begins
   */
  record Result(List<String> keys, String next, String runId) {
    boolean isLast() {
      return next.equals(START);
    }

    /** The same, as the last step of a part if the next step would be beyond the part. */
    Result within(Part part) {
      return isLast() || part.contains(next) ? this : new Result(keys, START, runId);
    }
  }

  /**
   * A part of a hash table.
   *
   * @param number the number of the part, from 0
   * @param bits the number of bits that distinguish the parts, at most 30; 0 for the whole table
   */
  record Part(int number, int bits) {
    static final Part WHOLE = new Part(0, 0);

    /** The cursor at which a SCAN of the part begins. */
    String start() {
      return Long.toUnsignedString(Long.reverse(bits == 0 ? 0 : (long) number << (64 - bits)));
    }

    boolean contains(String cursor) {
      return bits == 0 || Long.reverse(Long.parseUnsignedLong(cursor)) >>> (64 - bits) == number;
    }

    static Part parse(String text) {
      String[] parts = text.split("/", 2);
      return parts.length == 2
          ? new Part(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]))
          : WHOLE;
    }

    @Override
    public String toString() {
      return bits == 0 ? "-" : number + "/" + bits;
    }
  }

  /** Whether the first steps of a SCAN are in the order of the reversed bits of the cursors. */
  static boolean isOrdered(Connection connection) {
    String cursor = START;
    for (int i = 0; i < ORDERED_STEPS; i++) {
      send(connection, cursor, "", 1);
      String next = result(connection.getOne(), "").next();
      if (next.equals(START)) {
        return true;
      }
      long before = Long.reverse(Long.parseUnsignedLong(cursor));
      if (Long.compareUnsigned(Long.reverse(Long.parseUnsignedLong(next)), before) <= 0) {
        return false;
      }
      cursor = next;
    }
    return true;
  }

  /** Scans a server, whatever its role. */
  static Result scan(
      Connection connection,
      String cursor,
      String runIdBefore,
      Part part,
      String prefix,
      int limit) {
    connection.sendCommand(Command.INFO, "server");
    send(connection, cursor, prefix, limit);
    List<Object> answers = connection.getMany(2);
    check(answers.get(1));
    if (isDenied(answers.getFirst())) {
      throw new NoIdentityException();
    }
    check(answers.getFirst());
    Matcher matcher = RUN_ID.matcher(text(answers.getFirst()));
    String runId = matcher.find() ? matcher.group(1) : "";
    if (!cursor.equals(part.start()) && !runIdBefore.equals(runId)) {
      return step(connection, part.start(), part, prefix, limit, runId);
    }
    return result(answers.get(1), runId).within(part);
  }

  /** The user may not ask for the run id of a server. */
  static final class NoIdentityException extends RuntimeException {
    private static final long serialVersionUID = 1;

    NoIdentityException() {
      super("INFO is not permitted");
    }
  }

  /** Whether an answer says that the user lacks the permission for the command. */
  private static boolean isDenied(Object answer) {
    return answer instanceof JedisDataException failure
        && String.valueOf(failure.getMessage()).startsWith("NOPERM");
  }

  /** Scans a server without asking for its run id, which the caller has made sure of. */
  static Result step(
      Connection connection, String cursor, Part part, String prefix, int limit, String runId) {
    send(connection, cursor, prefix, limit);
    return result(connection.getOne(), runId).within(part);
  }

  private static Result result(Object answer, String runId) {
    List<?> scan = (List<?>) answer;
    List<String> keys = new ArrayList<>();
    for (Object key : (List<?>) scan.get(1)) {
      keys.add(KeyBytes.text((byte[]) key));
    }
    return new Result(keys, text(scan.getFirst()), runId);
  }

  /**
   * Rejects a server that is not a master: the keys of a replica may be out of date. A user who may
   * not ask for the role has to trust the cluster's other servers in this.
   */
  static void checkIsMaster(Connection connection) {
    connection.sendCommand(Command.ROLE);
    Object answer = connection.getMany(1).getFirst();
    if (isDenied(answer)) {
      return;
    }
    check(answer);
    String role = text(((List<?>) answer).getFirst());
    if (!role.equals("master")) {
      throw new JedisDataException("READONLY it is a " + role + " and may be out of date");
    }
  }

  private static void send(Connection connection, String cursor, String prefix, int limit) {
    List<byte[]> arguments = new ArrayList<>();
    arguments.add(cursor.getBytes(UTF_8));
    if (!prefix.isEmpty()) {
      arguments.add("MATCH".getBytes(UTF_8));
      arguments.add(KeyBytes.of(glob(prefix) + "*"));
    }
    arguments.add("COUNT".getBytes(UTF_8));
    arguments.add(Integer.toString(limit).getBytes(UTF_8));
    connection.sendCommand(Command.SCAN, arguments.toArray(byte[][]::new));
  }

  private static String glob(String prefix) {
    return prefix.replaceAll("[\\\\*?\\[\\]]", "\\\\$0");
  }

  private static void check(Object answer) {
    if (answer instanceof JedisDataException failure) {
      throw failure;
    }
  }

  private static String text(Object bytes) {
    return new String((byte[]) bytes, UTF_8);
  }
}
