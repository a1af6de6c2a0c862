package io.heddle.queue;

/** The driver of a database. Each is an optional dependency: only one kind of queue needs it. */
enum Driver {
  SQLITE("SQLite", "org.sqlite.SQLiteConfig", "org.xerial:sqlite-jdbc"),
  POSTGRES("PostgreSQL", "org.postgresql.PGConnection", "org.postgresql:postgresql");

  private final String database;
  private final String type;
  private final String artefact;

  Driver(String database, String type, String artefact) {
    this.database = database;
    this.type = type;
    this.artefact = artefact;
  }

  /**
   * Checks that the driver is on the class path.
   *
   * @param queue the name of the queue that needs the driver
   */
  void require(String queue) throws QueueException {
    try {
      Class.forName(type, false, Driver.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new QueueException(
          "the queue %s needs the driver of %s, which is not on the class path. Add %s"
              .formatted(queue, database, artefact));
    }
  }
}
