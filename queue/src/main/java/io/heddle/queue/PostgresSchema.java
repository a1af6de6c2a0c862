package io.heddle.queue;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/** The tables of a queue in PostgreSQL. */
final class PostgresSchema {
  /** Keeps two processes from creating the tables at the same time. An arbitrary, unique number. */
  private static final long LOCK = 0x4845_4444_4c45_5155L;

  private static final String TABLES =
      """
      CREATE TABLE queue_message (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        stage text NOT NULL,
        key text NOT NULL,
        body text NOT NULL,
        state integer NOT NULL,
        due bigint NOT NULL,
        token bigint NOT NULL DEFAULT 0,
        attempt integer NOT NULL DEFAULT 0,
        losses integer NOT NULL DEFAULT 0,
        reason text,
        published bigint NOT NULL,
        changed bigint NOT NULL
      ) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);
      CREATE UNIQUE INDEX queue_key ON queue_message (key, stage);
      CREATE INDEX queue_due ON queue_message (stage, due, id) WHERE state < 2;

      CREATE TABLE queue_clock (
        version integer NOT NULL,
        shift bigint NOT NULL,
        high bigint NOT NULL
      );
      CREATE FUNCTION queue_wall() RETURNS bigint LANGUAGE sql STABLE AS
        $$ SELECT (extract(epoch FROM statement_timestamp()) * 1000000)::bigint $$;
      -- Stable, so that an index can be searched for it. Half a minute is longer than from one look at
      -- the clock to the next, and shorter than what is left of a minute's lease when it is extended.
      CREATE FUNCTION queue_now() RETURNS bigint LANGUAGE sql STABLE AS
        $$ SELECT greatest(high, least(queue_wall() + shift, high + 30000000)) FROM queue_clock $$;
      """;

  /** Converts version 1 to version 2. */
  private static final String HOLDS =
      """
      CREATE TABLE queue_hold (
        resource text NOT NULL,
        key text NOT NULL,
        owner text NOT NULL,
        PRIMARY KEY (resource, key)
      );
      CREATE INDEX queue_hold_key ON queue_hold (key);
      """;

  /** Converts version 2 to version 3. */
  private static final String BEGUN =
      "ALTER TABLE queue_message ADD COLUMN begun integer NOT NULL DEFAULT 0";

  /** Converts version 3 to version 4. */
  private static final String OWNERS =
      """
      ALTER TABLE queue_message ADD COLUMN owner text NOT NULL DEFAULT '';
      CREATE INDEX queue_owner ON queue_message (owner, stage, id);
      CREATE INDEX queue_owner_dead ON queue_message (owner, id) WHERE state = 2;
      """;

  /** Converts version 4 to version 5: a claim passes over owners without reading their messages. */
  private static final String SHARES =
      """
      DROP INDEX queue_due;
      CREATE INDEX queue_due ON queue_message (stage, due, id, owner) WHERE state < 2;
      """;

  /** Converts version 5 to version 6: messages can be found by terms, and have a history. */
  private static final String HISTORY =
      """
      CREATE TABLE queue_term (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        term text NOT NULL,
        rank bigint NOT NULL,
        owner text NOT NULL,
        key text NOT NULL
      );
      CREATE UNIQUE INDEX queue_term_key ON queue_term (key, term);
      CREATE INDEX queue_term_rank ON queue_term (term, rank, id);

      CREATE TABLE queue_event (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        key text NOT NULL,
        kind integer NOT NULL,
        stage text NOT NULL,
        next text,
        reason text,
        due bigint,
        at bigint NOT NULL,
        last bigint NOT NULL,
        count integer NOT NULL DEFAULT 1
      );
      CREATE INDEX queue_event_key ON queue_event (key, id);
      CREATE INDEX queue_event_at ON queue_event (at);

      CREATE TABLE queue_note (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        at bigint NOT NULL,
        actor text NOT NULL,
        source text NOT NULL,
        action text NOT NULL,
        key text NOT NULL,
        owner text NOT NULL
      );
      CREATE INDEX queue_note_key ON queue_note (key, id);
      CREATE INDEX queue_note_owner ON queue_note (owner, id);
      CREATE FUNCTION queue_note_kept() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$;
      CREATE TRIGGER queue_note_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON queue_note
        FOR EACH STATEMENT EXECUTE FUNCTION queue_note_kept();
      """;

  /** Converts version 6 to version 7: a search of an owner does not read the terms of others. */
  private static final String OWNED_TERMS =
      "CREATE INDEX queue_term_owner ON queue_term (owner, term, rank, id)";

  private static final List<String> STEPS =
      List.of(HOLDS, BEGUN, OWNERS, SHARES, HISTORY, OWNED_TERMS);

  /** The version of the tables that this program uses. */
  static final int VERSION = 1 + STEPS.size();

  private PostgresSchema() {}

  static void prepare(Connection connection) throws SQLException, QueueException {
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.execute("SELECT pg_advisory_xact_lock(" + LOCK + ")");
      if (!exists(statement)) {
        statement.execute(TABLES);
        statement.execute("INSERT INTO queue_clock VALUES (1, 0, queue_wall())");
      }
      int version = version(statement);
      if (version > VERSION) {
        throw new NewerVersionException(version, VERSION);
      }
      if (version < 1) {
        throw new QueueException("the table queue_clock has no row: restore it from a backup");
      }
      for (String step : STEPS.subList(version - 1, STEPS.size())) {
        statement.execute(step);
        statement.execute("UPDATE queue_clock SET version = version + 1");
      }
    }
    connection.commit();
  }

  private static int version(Statement statement) throws SQLException {
    try (ResultSet row = statement.executeQuery("SELECT version FROM queue_clock")) {
      return row.next() ? row.getInt(1) : 0;
    }
  }

  private static boolean exists(Statement statement) throws SQLException {
    try (ResultSet row = statement.executeQuery("SELECT to_regclass('queue_clock') IS NOT NULL")) {
      return row.next() && row.getBoolean(1);
    }
  }
}
