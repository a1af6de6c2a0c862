package io.heddle.terminal;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/** Queries the width of the terminal that standard error goes to. */
final class WindowSize {
  private static final int STDERR = 2;

  /** TIOCGWINSZ, of Linux and of macOS. */
  private static final long REQUEST =
      System.getProperty("os.name", "").startsWith("Mac") ? 0x40087468L : 0x5413L;

  private static final @Nullable MethodHandle IOCTL = ioctl();

  private WindowSize() {}

  /** The current number of columns; 0 if it is unknown. */
  static int columns() {
    if (IOCTL == null) {
      return 0;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment size = arena.allocate(4 * Short.BYTES, Short.BYTES); // rows, columns, pixels
      int failed = (int) IOCTL.invokeExact(STDERR, REQUEST, size);
      return failed != 0 ? 0 : Short.toUnsignedInt(size.get(ValueLayout.JAVA_SHORT, Short.BYTES));
    } catch (Throwable e) {
      throw new AssertionError("a system call throws nothing", e);
    }
  }

  /** Null where native code is not enabled, since the JVM would print a warning. */
  @SuppressWarnings("restricted")
  private static @Nullable MethodHandle ioctl() {
    if (!WindowSize.class.getModule().isNativeAccessEnabled()) {
      return null;
    }
    Linker linker = Linker.nativeLinker();
    FunctionDescriptor type =
        FunctionDescriptor.of(
            ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS);
    return linker
        .defaultLookup()
        .find("ioctl")
        .map(ioctl -> linker.downcallHandle(ioctl, type, Linker.Option.firstVariadicArg(2)))
        .orElse(null);
  }
}
