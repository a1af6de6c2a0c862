package reports;

import io.heddle.AfterFunc;
import io.heddle.Context;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.springframework.stereotype.Component;

/** Queries that end with the context of the goroutine that runs them. */
@Component
class Database {
  private final DataSource source;

  Database(DataSource source) {
    this.source = source;
  }

  /** The number in the first row of a query's result. */
  long number(String query) throws SQLException {
    try (var connection = source.getConnection();
        var statement = connection.prepareStatement(query)) {
      AfterFunc cancellation = Context.current().afterFunc(statement::cancel);
      try (var rows = statement.executeQuery()) {
        rows.next();
        return rows.getLong(1);
      } finally {
        cancellation.stop();
      }
    }
  }
}
