package io.heddle.orders.queue;

/** A real PostgreSQL for tests of other packages; where there is none they are skipped, loudly. */
public final class PostgresNeeded {
  private PostgresNeeded() {}

  /** The address of an empty queue. */
  public static String address() throws Exception {
    return PostgresServer.shared().newSchema();
  }
}
