package io.heddle.inspect;

import java.io.IOException;

/**
 * The format of Chrome's about:tracing, which Perfetto reads as well: a list of events in JSON,
 * with times in microseconds.
 */
final class ChromeFormat implements TraceFormat {
  private final Appendable out;
  private boolean isFirst = true;

  ChromeFormat(Appendable out) throws IOException {
    this.out = out;
    out.append("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[");
    for (Group group : Group.values()) {
      meta("process_name", group, 0, group.label);
    }
  }

  @Override
  public void row(Group group, long row, String name) throws IOException {
    meta("thread_name", group, row, name);
  }

  private void meta(String kind, Group group, long row, String name) throws IOException {
    begin("M", kind, group, row, 0)
        .append(",\"args\":{\"name\":")
        .append(Json.of(name))
        .append("}}");
  }

  @Override
  public void slice(Group group, long row, String name, long since, long until, long arrow)
      throws IOException {
    begin("X", name, group, row, since)
        .append(",\"dur\":")
        .append(micros(Math.max(0, until - since)))
        .append('}');
    if (arrow > 0) {
      flow("f", group, row, since, arrow);
    }
  }

  @Override
  public void mark(Group group, long row, String name, long at) throws IOException {
    begin("i", name, group, row, at).append(",\"s\":\"t\"}");
  }

  @Override
  public void arrow(Group group, long row, String name, long at, long arrow) throws IOException {
    flow("s", group, row, at, arrow);
  }

  private void flow(String phase, Group group, long row, long at, long arrow) throws IOException {
    begin(phase, "wakes", group, row, at)
        .append(",\"cat\":\"wake\",\"bp\":\"e\",\"id\":")
        .append(Long.toString(arrow))
        .append('}');
  }

  private Appendable begin(String phase, String name, Group group, long row, long nanos)
      throws IOException {
    out.append(isFirst ? "\n" : ",\n").append("{\"ph\":\"").append(phase).append("\",\"name\":");
    isFirst = false;
    return out.append(Json.of(name))
        .append(",\"pid\":")
        .append(Integer.toString(group.number()))
        .append(",\"tid\":")
        .append(Long.toString(row))
        .append(",\"ts\":")
        .append(micros(nanos));
  }

  /** With three digits after the point. */
  private static String micros(long nanos) {
    return nanos / 1000 + "." + String.valueOf(1000 + nanos % 1000).substring(1);
  }

  @Override
  public void end() throws IOException {
    out.append("\n]}\n");
  }
}
