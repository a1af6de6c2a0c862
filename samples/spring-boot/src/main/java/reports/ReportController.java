package reports;

import static org.springframework.http.HttpStatus.CONFLICT;
import static org.springframework.http.HttpStatus.GONE;
import static org.springframework.http.HttpStatus.NOT_FOUND;

import io.heddle.CancelContext;
import io.heddle.CancelledException;
import io.heddle.Context;
import io.heddle.TaskGroup;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/** Runs the queries of a report at the same time, until they end or the report is cancelled. */
@RestController
class ReportController {
  private final Database database;
  private final Map<String, CancelContext> running = new ConcurrentHashMap<>();

  ReportController(Database database) {
    this.database = database;
  }

  @GetMapping("/reports/{name}")
  List<Long> report(@PathVariable String name, @RequestParam List<String> query) throws Exception {
    try (var context = Context.current().withCancel()) {
      if (running.putIfAbsent(name, context) != null) {
        throw new ResponseStatusException(CONFLICT, "report " + name + " is running");
      }
      // A database driver may close its connection when it is interrupted. These are cancelled.
      try (var queries = new TaskGroup<Long>(context.withoutInterrupts())) {
        for (String one : query) {
          queries.go(() -> database.number(one));
        }
        return queries.await();
      } finally {
        running.remove(name, context);
      }
    }
  }

  @DeleteMapping("/reports/{name}")
  void cancel(@PathVariable String name) {
    CancelContext context = running.get(name);
    if (context == null) {
      throw new ResponseStatusException(NOT_FOUND, "report " + name + " is not running");
    }
    context.cancel(new CancellationException("report " + name + " was cancelled"));
  }

  @ExceptionHandler
  @ResponseStatus(GONE)
  Map<String, String> cancelled(CancelledException e) {
    return Map.of("message", String.valueOf(e.getMessage()));
  }
}
