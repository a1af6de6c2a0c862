package io.heddle.inspect;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;

/**
 * Writes a profile as {@code go tool pprof} reads it: the message {@code
 * perftools.profiles.Profile} of protocol buffers, compressed.
 */
final class Pprof {
  private final Message profile = new Message();
  private final Map<String, Integer> strings = new LinkedHashMap<>();
  private final Map<StackTraceElement, Integer> locations = new LinkedHashMap<>();
  private final Map<Function, Integer> functions = new LinkedHashMap<>();

  private record Function(String name, String file) {}

  /**
   * A profile.
   *
   * @param typesAndUnits of the values of each sample: "goroutine", "count"
   */
  Pprof(String... typesAndUnits) {
    string(""); // the first has to be
    for (int i = 0; i < typesAndUnits.length; i += 2) {
      profile.add(1, type(typesAndUnits[i], typesAndUnits[i + 1]));
    }
    profile.add(11, type(typesAndUnits[0], typesAndUnits[1]));
    profile.add(12, 1);
  }

  private Message type(String type, String unit) {
    return new Message().add(1, string(type)).add(2, string(unit));
  }

  /**
   * Adds a sample.
   *
   * @param stack the innermost frame first
   * @param labels texts that it can be selected by
   * @param values one for each type
   */
  void add(List<StackTraceElement> stack, Map<String, String> labels, long... values) {
    Message sample = new Message();
    Message ids = new Message();
    stack.forEach(frame -> ids.varint(location(frame)));
    sample.add(1, ids);
    Message packed = new Message();
    for (long value : values) {
      packed.varint(value);
    }
    sample.add(2, packed);
    labels.forEach(
        (key, value) -> sample.add(3, new Message().add(1, string(key)).add(2, string(value))));
    profile.add(2, sample);
  }

  private int string(String text) {
    return strings.computeIfAbsent(text, none -> strings.size());
  }

  private int location(StackTraceElement frame) {
    Integer known = locations.get(frame);
    if (known != null) {
      return known;
    }
    int id = locations.size() + 1;
    locations.put(frame, id);
    Message line = new Message().add(1, function(frame));
    if (frame.getLineNumber() > 0) {
      line.add(2, frame.getLineNumber());
    }
    profile.add(4, new Message().add(1, id).add(4, line));
    return id;
  }

  private int function(StackTraceElement frame) {
    String file = frame.getFileName() == null ? "" : frame.getFileName();
    Function function = new Function(frame.getClassName() + "." + frame.getMethodName(), file);
    Integer known = functions.get(function);
    if (known != null) {
      return known;
    }
    int id = functions.size() + 1;
    functions.put(function, id);
    profile.add(
        5,
        new Message()
            .add(1, id)
            .add(2, string(function.name))
            .add(3, string(function.name))
            .add(4, string(file)));
    return id;
  }

  /**
   * The finished profile.
   *
   * @param timeNanos when it was taken, since 1970
   * @param durationNanos over what time; 0 for a moment
   */
  byte[] bytes(long timeNanos, long durationNanos) {
    strings.keySet().forEach(text -> profile.add(6, text.getBytes(UTF_8)));
    profile.add(9, timeNanos);
    profile.add(10, durationNanos);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream zipped = new GZIPOutputStream(out)) {
      zipped.write(profile.bytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e); // not into memory
    }
    return out.toByteArray();
  }
}
