package io.heddle.queue;

import io.heddle.Go;
import io.heddle.Mutex;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;

/**
 * The embedded queue: a file, for one process, with nothing to install. It is an SQLite database
 * with a write-ahead log that is forced to disk at every commit.
 *
 * <p>SQLite has one writer at a time, so all writes go to {@linkplain GroupWriter one goroutine}.
 *
 * <p>Leases belong to the process: when the file is opened, the leases of the last process end.
 */
public final class SqliteQueue extends SqlQueue {
  private static final int APPLICATION_ID = 0x48_44_4c_51; // HDLQ
  private static final int VERSION = 7;

  /** Creates version 1 in an empty file. */
  private static final List<String> SCHEMA =
      List.of(
          // AUTOINCREMENT: an id is not used again after its message is gone.
          "CREATE TABLE queue_message (id INTEGER PRIMARY KEY AUTOINCREMENT,"
              + " stage TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL,"
              + " state INTEGER NOT NULL, due INTEGER NOT NULL, token INTEGER NOT NULL DEFAULT 0,"
              + " attempt INTEGER NOT NULL DEFAULT 0, losses INTEGER NOT NULL DEFAULT 0,"
              + " reason TEXT, published INTEGER NOT NULL, changed INTEGER NOT NULL)",
          "CREATE UNIQUE INDEX queue_key ON queue_message (key, stage)",
          "CREATE INDEX queue_due ON queue_message (stage, due, id) WHERE state < 2",
          "PRAGMA application_id = " + APPLICATION_ID);

  /** Converts version 1 to version 2. */
  private static final List<String> HOLDS =
      List.of(
          "CREATE TABLE queue_hold (resource TEXT NOT NULL, key TEXT NOT NULL,"
              + " owner TEXT NOT NULL, PRIMARY KEY (resource, key)) WITHOUT ROWID",
          "CREATE INDEX queue_hold_key ON queue_hold (key)");

  /** Converts version 2 to version 3. */
  private static final List<String> BEGUN =
      List.of("ALTER TABLE queue_message ADD COLUMN begun INTEGER NOT NULL DEFAULT 0");

  /** Converts version 3 to version 4. */
  private static final List<String> OWNERS =
      List.of(
          "ALTER TABLE queue_message ADD COLUMN owner TEXT NOT NULL DEFAULT ''",
          "CREATE INDEX queue_owner ON queue_message (owner, stage, id)",
          "CREATE INDEX queue_owner_dead ON queue_message (owner, id) WHERE state = 2");

  /** Converts version 4 to version 5: a claim passes over owners without reading their messages. */
  private static final List<String> SHARES =
      List.of(
          "DROP INDEX queue_due",
          "CREATE INDEX queue_due ON queue_message (stage, due, id, owner) WHERE state < 2");

  /** Converts version 5 to version 6: messages can be found by terms, and have a history. */
  private static final List<String> HISTORY =
      List.of(
          "CREATE TABLE queue_term (id INTEGER PRIMARY KEY AUTOINCREMENT, term TEXT NOT NULL,"
              + " rank INTEGER NOT NULL, owner TEXT NOT NULL, key TEXT NOT NULL)",
          "CREATE UNIQUE INDEX queue_term_key ON queue_term (key, term)",
          "CREATE INDEX queue_term_rank ON queue_term (term, rank, id)",
          "CREATE TABLE queue_event (id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL,"
              + " kind INTEGER NOT NULL, stage TEXT NOT NULL, next TEXT, reason TEXT, due INTEGER,"
              + " at INTEGER NOT NULL, last INTEGER NOT NULL, count INTEGER NOT NULL DEFAULT 1)",
          "CREATE INDEX queue_event_key ON queue_event (key, id)",
          "CREATE INDEX queue_event_at ON queue_event (at)",
          "CREATE TABLE queue_note (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL,"
              + " actor TEXT NOT NULL, source TEXT NOT NULL, action TEXT NOT NULL,"
              + " key TEXT NOT NULL, owner TEXT NOT NULL)",
          "CREATE INDEX queue_note_key ON queue_note (key, id)",
          "CREATE INDEX queue_note_owner ON queue_note (owner, id)",
          "CREATE TRIGGER queue_note_changed BEFORE UPDATE ON queue_note"
              + " BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
          "CREATE TRIGGER queue_note_deleted BEFORE DELETE ON queue_note"
              + " BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END");

  /**
   * Converts version 6 to version 7: a search of an owner does not read the terms of others. SQLite
   * takes the older of two indexes that it expects to be equally good, so the other one is made
   * again.
   */
  private static final List<String> OWNED_TERMS =
      List.of(
          "DROP INDEX queue_term_rank",
          "CREATE INDEX queue_term_owner ON queue_term (owner, term, rank, id)",
          "CREATE INDEX queue_term_rank ON queue_term (term, rank, id)");

  private static final List<List<String>> STEPS =
      List.of(SCHEMA, HOLDS, BEGUN, OWNERS, SHARES, HISTORY, OWNED_TERMS);

  private static final String NOW = "(SELECT now FROM queue_time)";

  private final Path file;
  private final SqliteLock lock;
  private final SqliteTime time;
  private final Session writing;
  private final Session reading;
  private final Mutex readMutex = new Mutex();
  private final AtomicBoolean closed = new AtomicBoolean();
  private final GroupWriter writer;

  private SqliteQueue(
      Path file, SqliteLock lock, SqliteTime time, Session writing, Session reading) {
    MessageTable table =
        new MessageTable(NOW, "", null, new HoldTable(null), new QuotaTable(NOW, null));
    super(table, new ChannelTable(table, NOW, "", null), null);
    this.file = file;
    this.lock = lock;
    this.time = time;
    this.writing = writing;
    this.reading = reading;
    this.writer = GroupWriter.start(writing, time);
  }

  /**
   * Opens a queue, and creates its file if it does not exist.
   *
   * @param file the file; beside it are SQLite's files and a lock, with longer names
   * @throws QueueException if another process has the file open, it is not a queue, it cannot be
   *     read or written, or the driver {@code org.xerial:sqlite-jdbc} is not on the class path
   */
  public static SqliteQueue open(Path file) throws QueueException {
    return open(file, Go.clock());
  }

  /**
   * Copies a queue as of one moment, while any process may have it open.
   *
   * @param target a new file
   * @throws QueueException if the file is not a queue, or the copy cannot be written
   */
  public static void copy(Path file, Path target) throws QueueException {
    Driver.SQLITE.require(file.toString());
    try (Session session = new Session(connect(file))) {
      if (pragma(session, "application_id") != APPLICATION_ID) {
        throw new QueueException(file + " is not a queue");
      }
      session.connection().rollback();
      session.connection().setAutoCommit(true); // not possible in a transaction
      session.prepare("VACUUM INTO ?", target.toString()).execute();
    } catch (SQLException e) {
      throw failure(file, e);
    }
  }

  static SqliteQueue open(Path file, InstantSource wallClock) throws QueueException {
    Driver.SQLITE.require(file.toString());
    SqliteLock lock = SqliteLock.acquire(file);
    Session writing = null;
    Session reading = null;
    try {
      writing = new Session(connect(file));
      prepareFile(file, writing);
      reading = new Session(connect(file));
      SqliteTime time = SqliteTime.start(writing, wallClock);
      time.install(writing);
      time.install(reading);
      endLeases(writing, time);
      return new SqliteQueue(file, lock, time, writing, reading);
    } catch (SQLException e) {
      close(writing, reading, lock);
      throw failure(file, e);
    } catch (QueueException | RuntimeException e) {
      close(writing, reading, lock);
      throw e;
    }
  }

  private static Connection connect(Path file) throws SQLException {
    SQLiteConfig config = new SQLiteConfig();
    config.setJournalMode(SQLiteConfig.JournalMode.WAL);
    config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
    config.setPragma(SQLiteConfig.Pragma.FULL_SYNC, "true"); // macOS: to the disk, not its cache
    config.setTempStore(SQLiteConfig.TempStore.MEMORY);
    config.setTransactionMode(SQLiteConfig.TransactionMode.DEFERRED);
    config.setBusyTimeout(10_000); // another program may be reading the file
    Connection connection = config.createConnection("jdbc:sqlite:" + file);
    connection.setAutoCommit(false);
    return connection;
  }

  private static void prepareFile(Path file, Session session) throws SQLException, QueueException {
    int id = pragma(session, "application_id");
    int version = pragma(session, "user_version");
    if (id == APPLICATION_ID && version == VERSION) {
      return;
    }
    boolean isNew = id == 0 && version == 0 && count(session, "sqlite_schema") == 0;
    if (!isNew && !(id == APPLICATION_ID && version >= 1 && version < VERSION)) {
      throw id == APPLICATION_ID && version > VERSION
          ? new NewerVersionException(version, VERSION)
          : new QueueException(
              file + " is not a queue; choose another name, or move the file away");
    }
    try (Statement statement = session.connection().createStatement()) {
      for (List<String> step : STEPS.subList(version, VERSION)) {
        for (String sql : step) {
          statement.execute(sql);
        }
      }
      statement.execute("PRAGMA user_version = " + VERSION);
    }
    session.connection().commit();
  }

  private static int pragma(Session session, String name) throws SQLException {
    try (Statement statement = session.connection().createStatement();
        ResultSet row = statement.executeQuery("PRAGMA " + name)) {
      return row.getInt(1);
    }
  }

  private static int count(Session session, String table) throws SQLException {
    try (Statement statement = session.connection().createStatement();
        ResultSet row = statement.executeQuery("SELECT count(*) FROM " + table)) {
      return row.getInt(1);
    }
  }

  private static void endLeases(Session session, SqliteTime time) throws SQLException {
    time.set(session);
    session
        .prepare(
            "UPDATE queue_message SET state = 0, due = (SELECT now FROM queue_time),"
                + " losses = losses + 1 WHERE state = 1")
        .executeUpdate();
    session.connection().commit();
  }

  @Override
  <T extends @Nullable Object> T write(Work<T> work) throws QueueException, InterruptedException {
    try {
      return writer.write(work);
    } catch (SQLException e) {
      throw failure(file, e);
    }
  }

  @Override
  <T extends @Nullable Object> T read(Work<T> work) throws QueueException, InterruptedException {
    readMutex.lock();
    try {
      if (closed.get()) {
        throw isClosed();
      }
      try {
        time.set(reading);
        return work.run(reading);
      } finally {
        reading.connection().rollback();
      }
    } catch (SQLException e) {
      throw failure(file, e);
    } finally {
      readMutex.unlock();
    }
  }

  private static QueueException failure(Path file, SQLException e) {
    return new QueueException("the queue " + file + " failed: " + e.getMessage(), e);
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    markClosed();
    writer.close();
    Uninterrupted.lock(readMutex);
    try {
      close(writing, reading, lock);
    } finally {
      readMutex.unlock();
    }
  }

  /** Closes the resources. A failure loses nothing, because all acknowledged data is on disk. */
  private static void close(@Nullable AutoCloseable... all) {
    for (AutoCloseable one : all) {
      try {
        if (one != null) {
          one.close();
        }
      } catch (Exception e) {
        // the operating system closes it when the process ends
      }
    }
  }
}
