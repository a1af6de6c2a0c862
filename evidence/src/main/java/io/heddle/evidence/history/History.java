package io.heddle.evidence.history;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** What happened when a program ran: its calls and returns, in their order. */
final class History {
  /** The call, or the return, of one of the {@link #calls}. */
  record Event(int call, boolean isReturn) {}

  final Program program;
  final List<Call> calls;
  final List<Event> events;

  History(Program program, List<Call> calls) {
    this.program = program;
    this.calls = calls.stream().filter(Call::wasCalled).toList();
    this.events = new ArrayList<>();
    for (int i = 0; i < this.calls.size(); i++) {
      events.add(new Event(i, false));
      if (this.calls.get(i).hasReturned()) {
        events.add(new Event(i, true));
      }
    }
    // At the same nanosecond anything may have come first: calls do, which forbids the least. The
    // sort is stable, and a thread's calls are in their order already.
    events.sort(Comparator.comparingLong(this::time).thenComparing(Event::isReturn));
  }

  private long time(Event event) {
    Call call = calls.get(event.call);
    return event.isReturn ? call.returned : call.called;
  }

  /**
   * The history for people: a column for each thread, a line for each call and each return.
   *
   * @param wrong the number of the event that nothing explains; the number of events if that is
   *     that calls never return
   */
  String diagram(int wrong) {
    StringBuilder text = new StringBuilder(program.describe()).append('\n');
    int threads = program.threads().size();
    int width = 12;
    for (Event event : events) {
      width = Math.max(width, line(event).length() + 3);
    }
    for (int t = 0; t < threads; t++) {
      text.append(pad("thread " + t, width));
    }
    text.append('\n');
    boolean[] busy = new boolean[threads];
    for (int i = 0; i < events.size() && i <= wrong; i++) {
      Event event = events.get(i);
      int thread = calls.get(event.call).thread;
      for (int t = 0; t < threads; t++) {
        text.append(pad(t == thread ? line(event) : busy[t] ? "|" : "", width));
      }
      busy[thread] = !event.isReturn;
      text.append(i == wrong ? "<-- no order of effects explains this\n" : "\n");
    }
    for (int i = wrong + 1; i < events.size(); i++) {
      Event event = events.get(i);
      Call call = calls.get(event.call);
      if (event.isReturn && time(new Event(event.call, false)) <= time(events.get(wrong))) {
        text.append("later ").append(call.operation.in(program)).append(" of thread ");
        text.append(call.thread).append(": ").append(Outcome.describe(call.outcome)).append('\n');
      }
    }
    if (wrong >= events.size()) {
      text.append("and they sleep for ever, which no order of effects explains\n");
    }
    return text.toString().replaceAll(" +\n", "\n");
  }

  private String line(Event event) {
    Call call = calls.get(event.call);
    return event.isReturn
        ? "'- " + Outcome.describe(call.outcome)
        : ".- " + call.operation.in(program);
  }

  private static String pad(String text, int width) {
    return text + " ".repeat(Math.max(0, width - text.length()));
  }
}
