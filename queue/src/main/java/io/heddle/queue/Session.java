package io.heddle.queue;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A connection whose statements are prepared once. Used by one goroutine at a time. */
final class Session implements AutoCloseable {
  private final Connection connection;
  private final Map<String, PreparedStatement> prepared = new HashMap<>();

  Session(Connection connection) {
    this.connection = connection;
  }

  Connection connection() {
    return connection;
  }

  /** A statement with these parameters; valid until the same text is requested again. */
  PreparedStatement prepare(String sql, @Nullable Object... parameters) throws SQLException {
    PreparedStatement statement = prepared.get(sql);
    if (statement == null) {
      statement = connection.prepareStatement(sql);
      prepared.put(sql, statement);
    }
    bind(statement, parameters);
    return statement;
  }

  /** Reads a row. */
  interface Row<T> {
    T read(ResultSet row) throws SQLException;
  }

  /** The rows that a statement returns. */
  <T> List<T> list(Row<T> row, String sql, @Nullable Object... parameters) throws SQLException {
    List<T> all = new ArrayList<>();
    try (ResultSet rows = prepare(sql, parameters).executeQuery()) {
      while (rows.next()) {
        all.add(row.read(rows));
      }
    }
    return all;
  }

  /** The first row that a statement returns; null if there are no rows. */
  <T> @Nullable T first(Row<T> row, String sql, @Nullable Object... parameters)
      throws SQLException {
    List<T> all = list(row, sql, parameters);
    return all.isEmpty() ? null : all.getFirst();
  }

  static void bind(PreparedStatement statement, @Nullable Object... parameters)
      throws SQLException {
    for (int i = 0; i < parameters.length; i++) {
      statement.setObject(i + 1, parameters[i]);
    }
  }

  @Override
  public void close() throws SQLException {
    try {
      for (PreparedStatement statement : prepared.values()) {
        statement.close();
      }
    } finally {
      connection.close();
    }
  }
}
