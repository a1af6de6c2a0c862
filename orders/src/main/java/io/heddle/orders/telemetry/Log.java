package io.heddle.orders.telemetry;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import io.heddle.Go;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A log for machines: a JSON object a line, with the time and what happened first. */
public final class Log {
  /** Drops everything. */
  public static final Log NONE = new Log(null);

  private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().create();

  private final @Nullable PrintStream out;

  private Log(@Nullable PrintStream out) {
    this.out = out;
  }

  /** Logs to a stream. */
  public static Log to(PrintStream out) {
    return new Log(out);
  }

  /**
   * Writes a line.
   *
   * @param fields names and values by turns; a null value is left out
   */
  public void write(String event, @Nullable Object... fields) {
    if (out == null) {
      return;
    }
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("time", Go.now().toString());
    line.put("event", event);
    for (int i = 0; i + 1 < fields.length; i += 2) {
      Object value = fields[i + 1];
      if (value != null) {
        line.put(String.valueOf(fields[i]), value instanceof Number ? value : value.toString());
      }
    }
    String text = GSON.toJson(line); // escapes control characters, so it is one line
    synchronized (this) {
      out.println(text);
      out.flush();
    }
  }
}
