package io.heddle.race.agent;

import io.heddle.race.hook.BulkHooks;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Calls that read or write many elements of an array at once: they access each of them. */
final class BulkCalls {
  private static final HookClass HOOKS = new HookClass(BulkHooks.class);

  private static final Set<String> READS =
      Collections.words(
          """
          copyOf equals hashCode toString stream compare mismatch binarySearch deepEquals
          deepHashCode deepToString
          """);

  private static final Set<String> WRITES =
      Collections.words("fill sort setAll parallelSort parallelSetAll parallelPrefix");

  private static final Set<String> STREAMS =
      Collections.words(
          """
          java/io/InputStream java/io/OutputStream java/io/FileInputStream
          java/io/FileOutputStream java/io/RandomAccessFile java/io/ByteArrayInputStream
          java/io/ByteArrayOutputStream java/io/BufferedInputStream
          java/io/BufferedOutputStream java/io/PrintStream java/io/DataInputStream
          java/io/Reader java/io/Writer
          """);

  private BulkCalls() {}

  /**
   * A range of an argument that is accessed.
   *
   * @param array the parameter, -1 for what the method is called on
   * @param from the parameter with the first index, -1 if that is 0
   * @param to the parameter with the end, or the length; -1 if that is the array's
   * @param isLength which of the two
   */
  private record Range(boolean writes, int array, int from, int to, boolean isLength) {
    static Range whole(boolean writes, int array) {
      return new Range(writes, array, -1, -1, false);
    }
  }

  /** The contract of a call; null if it is none of these. */
  static Contracts.@Nullable Contract find(String owner, InvokeInstruction call) {
    List<Range> ranges = ranges(owner, call);
    return ranges.isEmpty() ? null : new Bulk(ranges);
  }

  private static List<Range> ranges(String owner, InvokeInstruction call) {
    String name = call.name().stringValue();
    List<ClassDesc> types = call.typeSymbol().parameterList();
    boolean isFirstArray = !types.isEmpty() && types.getFirst().isArray();
    if (owner.equals("java/lang/System") && name.equals("arraycopy")) {
      return List.of(new Range(false, 0, 1, 4, true), new Range(true, 2, 3, 4, true));
    }
    if (owner.startsWith("[") && name.equals("clone")) {
      return List.of(Range.whole(false, -1));
    }
    if (!isFirstArray) {
      return List.of();
    }
    boolean hasRange =
        types.size() > 2
            && types.get(1).equals(ConstantDescs.CD_int)
            && types.get(2).equals(ConstantDescs.CD_int);
    if (owner.equals("java/util/Arrays")) {
      boolean isSecondArray = types.size() > 1 && types.get(1).isArray();
      if (name.equals("copyOfRange") || (hasRange && READS.contains(name))) {
        return List.of(new Range(false, 0, 1, 2, false));
      } else if (READS.contains(name)) {
        return isSecondArray
            ? List.of(Range.whole(false, 0), Range.whole(false, 1))
            : List.of(Range.whole(false, 0));
      } else if (WRITES.contains(name)) {
        return hasRange ? List.of(new Range(true, 0, 1, 2, false)) : List.of(Range.whole(true, 0));
      }
    }
    if (owner.equals("java/lang/String")
        && (name.equals("valueOf") || name.equals("copyValueOf"))) {
      return hasRange ? List.of(new Range(false, 0, 1, 2, true)) : List.of(Range.whole(false, 0));
    }
    boolean reads = name.equals("read") || name.equals("readFully") || name.equals("readNBytes");
    if (STREAMS.contains(owner) && (reads || name.equals("write"))) {
      return hasRange ? List.of(new Range(reads, 0, 1, 2, true)) : List.of(Range.whole(reads, 0));
    }
    return List.of();
  }

  /** A call with its ranges. */
  private record Bulk(List<Range> ranges) implements Contracts.Contract {
    @Override
    public void emit(CodeBuilder code, InvokeInstruction call, Contracts.Frame frame) {
      if (!frame.checks()) {
        code.with(call);
        return;
      }
      Arguments arguments = Arguments.store(code, call);
      for (Range range : ranges) {
        if (range.array < 0) {
          code.aload(arguments.receiver());
        } else {
          arguments.load(code, range.array);
        }
        load(code, arguments, range.from, 0);
        load(code, arguments, range.to, -1);
        code.loadConstant(range.isLength ? 1 : 0);
        code.loadConstant(range.writes ? 1 : 0);
        frame.load(code);
        HOOKS.call(code, "range");
      }
      arguments.load(code);
      code.with(call);
    }

    private static void load(CodeBuilder code, Arguments arguments, int parameter, int otherwise) {
      if (parameter < 0) {
        code.loadConstant(otherwise);
      } else {
        arguments.load(code, parameter);
      }
    }
  }
}
