package io.heddle.inspect;

import java.io.IOException;
import java.io.OutputStream;

/**
 * Perfetto's own format: a message of protocol buffers, {@code perfetto.protos.Trace}, whose
 * packets describe tracks or have their events. It takes about a third of the room of Chrome's.
 */
final class PerfettoFormat implements TraceFormat {
  // Fields of Trace and TracePacket.
  private static final int PACKET = 1;
  private static final int TIMESTAMP = 8;
  private static final int SEQUENCE = 10;
  private static final int TRACK_EVENT = 11;
  private static final int SEQUENCE_FLAGS = 13;
  private static final int TRACK_DESCRIPTOR = 60;

  // Fields of TrackDescriptor, and of the process in it.
  private static final int UUID = 1;
  private static final int NAME = 2;
  private static final int PROCESS = 3;
  private static final int PARENT = 5;
  private static final int PROCESS_ID = 1;
  private static final int PROCESS_NAME = 6;

  // Fields of TrackEvent.
  private static final int TYPE = 9;
  private static final int TRACK = 11;
  private static final int EVENT_NAME = 23;
  private static final int FLOWS = 47;
  private static final int LAST_FLOWS = 48;

  // Values of TYPE.
  private static final int SLICE_BEGIN = 1;
  private static final int SLICE_END = 2;
  private static final int INSTANT = 3;

  /** All packets come from one writer; what it said before it began is not known. */
  private static final int THE_SEQUENCE = 1;

  private static final int STATE_CLEARED = 1;

  /** Tells the tracks of one group from those of another. */
  private static final int GROUP_SHIFT = 56;

  private final OutputStream out;

  PerfettoFormat(OutputStream out) throws IOException {
    this.out = out;
    boolean isFirst = true;
    for (Group group : Group.values()) {
      Message process =
          new Message().add(PROCESS_ID, group.number()).add(PROCESS_NAME, group.label);
      Message packet =
          packet().add(TRACK_DESCRIPTOR, descriptor(uuid(group)).add(PROCESS, process));
      write(isFirst ? packet.add(SEQUENCE_FLAGS, STATE_CLEARED) : packet);
      isFirst = false;
    }
  }

  private static long uuid(Group group) {
    return (long) group.number() << GROUP_SHIFT;
  }

  /** Rows are numbered from 1. */
  private static long uuid(Group group, long row) {
    return uuid(group) + row;
  }

  private static Message descriptor(long uuid) {
    return new Message().add(UUID, uuid);
  }

  private static Message packet() {
    return new Message().add(SEQUENCE, THE_SEQUENCE);
  }

  private void write(Message packet) throws IOException {
    out.write(new Message().add(PACKET, packet).bytes());
  }

  private void event(int type, Group group, long row, long at, Message rest) throws IOException {
    Message event = new Message().add(TYPE, type).add(TRACK, uuid(group, row));
    write(packet().add(TIMESTAMP, at).add(TRACK_EVENT, event.addAll(rest)));
  }

  @Override
  public void row(Group group, long row, String name) throws IOException {
    Message track = descriptor(uuid(group, row)).add(NAME, name).add(PARENT, uuid(group));
    write(packet().add(TRACK_DESCRIPTOR, track));
  }

  @Override
  public void slice(Group group, long row, String name, long since, long until, long arrow)
      throws IOException {
    Message begin = new Message().add(EVENT_NAME, name);
    event(SLICE_BEGIN, group, row, since, arrow == 0 ? begin : begin.addFixed(LAST_FLOWS, arrow));
    event(SLICE_END, group, row, Math.max(since, until), new Message());
  }

  @Override
  public void mark(Group group, long row, String name, long at) throws IOException {
    event(INSTANT, group, row, at, new Message().add(EVENT_NAME, name));
  }

  @Override
  public void arrow(Group group, long row, String name, long at, long arrow) throws IOException {
    event(INSTANT, group, row, at, new Message().add(EVENT_NAME, name).addFixed(FLOWS, arrow));
  }

  @Override
  public void end() {
    // A trace is the sequence of its packets.
  }
}
