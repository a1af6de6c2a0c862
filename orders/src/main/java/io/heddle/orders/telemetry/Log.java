package io.heddle.orders.telemetry;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import io.heddle.Go;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A log for machines: one JSON object per line, which begins with the time and the event. */
public final class Log {
  /** Discards everything. */
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
   * @param fields names and values alternately; a null value is omitted
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
    String text = GSON.toJson(line); // escapes control characters, so this is one line
    synchronized (this) {
      out.println(text);
      out.flush();
    }
  }
}
