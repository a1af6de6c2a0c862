package io.heddle.scheduler;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.lang.invoke.MethodHandles;
import java.lang.reflect.ClassFileFormatVersion;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Throws a {@link StackOverflowError} before an operation begins rather than in the middle of it.
 *
 * <p>The JVM may throw that error at any call. Inside an operation the error would leave a lock
 * held, a queue half changed, or a goroutine claimed and never woken. So each operation first
 * checks, by one of the methods here, that there is stack enough for all of it. If the check
 * throws, nothing has happened.
 *
 * <h2>How it works</h2>
 *
 * <p>The JVM checks the size of the stack where a method is entered, for that method's whole frame.
 * A call of a method with a large frame is therefore a check that far ahead. A frame holds the
 * local variables that the class file declares, whether or not any code uses them, so the methods
 * of {@link Frames} declare hundreds. javac gives a method no more variables than its source names;
 * hence the class is made here.
 *
 * <p>Compiled code has to be able to go back to the interpreter, so its check covers the frames
 * that the interpreter would need there, also those of inlined methods. An exception that is never
 * thrown keeps such a point of return in each of the methods; without one, a compiler drops frame
 * and check. Inlined, the check costs one more store for each page of the frame at the entry of the
 * method that it is inlined into, and no call.
 *
 * <h2>The sizes</h2>
 *
 * <p>The sizes are ordered so that an operation that has begun can complete, and so that an
 * operation that gives something back succeeds in a method in which taking it did. They are several
 * times what the interpreter needs (decision 037).
 */
public final class Headroom {
  /** In interpreted frames: a local variable takes a slot of eight bytes. */
  private static final int SLOTS_PER_KB = 128;

  private static final Frames FRAMES = frames();

  private Headroom() {}

  /** Checks for an operation that itself takes and gives back, such as running a program. */
  public static void forScope() {
    FRAMES.scope();
  }

  /** Checks for an operation that waits, or takes something: lock, send, receive, start. */
  public static void forTaking() {
    FRAMES.taking();
  }

  /** Checks for an operation that gives something back or ends it: unlock, release, cancel. */
  public static void forGiving() {
    FRAMES.giving();
  }

  /** Checks for queueing a goroutine that can run. */
  static void forQueueing() {
    FRAMES.queueing();
  }

  /** The methods with large frames. */
  interface Frames {
    void scope();

    void taking();

    void giving();

    void queueing();
  }

  private static Frames frames() {
    try {
      return (Frames)
          MethodHandles.lookup()
              .defineHiddenClass(classFile(), true)
              .lookupClass()
              .getConstructor()
              .newInstance();
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  // Written by hand: the class-file API would take a short program a fifth more time to start.

  private static final int MOST_BYTES = 1024;
  private static final int UTF8 = 1;
  private static final int CLASS = 7;
  private static final int FIELD = 9;
  private static final int METHOD = 10;
  private static final int NAME_AND_TYPE = 12;
  private static final int ACC_PUBLIC = 1;
  private static final int ACC_STATIC = 8;

  /** A class with a field that stays false and the methods of {@link Frames}. */
  private static byte[] classFile() {
    ByteBuffer out = ByteBuffer.allocate(MOST_BYTES);
    out.putInt(0xCAFEBABE);
    out.putInt(ClassFileFormatVersion.RELEASE_25.major());
    shorts(out, 21); // the number of constants, plus one
    utf8(out, Headroom.class.getName().replace('.', '/') + "Frames"); // 1
    constant(out, CLASS, 1); // 2
    utf8(out, "java/lang/Object"); // 3
    constant(out, CLASS, 3); // 4
    utf8(out, Frames.class.getName().replace('.', '/')); // 5
    constant(out, CLASS, 5); // 6
    utf8(out, "Code"); // 7
    utf8(out, "StackMapTable"); // 8
    utf8(out, "()V"); // 9
    utf8(out, "<init>"); // 10
    constant(out, NAME_AND_TYPE, 10, 9); // 11
    constant(out, METHOD, 4, 11); // 12
    utf8(out, "Z"); // 13
    utf8(out, "never"); // 14
    constant(out, NAME_AND_TYPE, 14, 13); // 15
    constant(out, FIELD, 2, 15); // 16
    utf8(out, "scope"); // 17
    utf8(out, "taking"); // 18
    utf8(out, "giving"); // 19
    utf8(out, "queueing"); // 20
    shorts(out, ACC_PUBLIC, 2, 4, 1, 6); // this class, its superclass, one interface
    shorts(out, 1, ACC_STATIC, 14, 13, 0); // one field
    shorts(out, 5); // methods
    method(out, 10, 1, 0x2A, 0xB7, 0, 12, 0xB1); // aload_0, invokespecial <init>, return
    frame(out, 17, 16);
    frame(out, 18, 12);
    frame(out, 19, 8);
    frame(out, 20, 4);
    shorts(out, 0); // attributes
    return Arrays.copyOf(out.array(), out.position());
  }

  private static void utf8(ByteBuffer out, String text) {
    out.put((byte) UTF8);
    shorts(out, text.length());
    out.put(text.getBytes(US_ASCII));
  }

  private static void constant(ByteBuffer out, int kind, int... indices) {
    out.put((byte) kind);
    shorts(out, indices);
  }

  private static void shorts(ByteBuffer out, int... values) {
    for (int value : values) {
      out.putShort((short) value);
    }
  }

  /** A method of so many kilobytes: {@code if (never) throw null;}. */
  private static void frame(ByteBuffer out, int name, int kilobytes) {
    int slots = kilobytes * SLOTS_PER_KB;
    // getstatic never, ifeq to the return, aconst_null, athrow, return
    method(out, name, slots, 0xB2, 0, 16, 0x99, 0, 5, 0x01, 0xBF, 0xB1);
  }

  private static void method(ByteBuffer out, int name, int locals, int... code) {
    boolean branches = code.length > 5;
    shorts(out, ACC_PUBLIC, name, 9, 1, 7);
    out.putInt(12 + code.length + (branches ? 9 : 0)); // the size of this attribute
    shorts(out, 1, locals); // the operand stack and the local variables
    out.putInt(code.length);
    for (int one : code) {
      out.put((byte) one);
    }
    shorts(out, 0, branches ? 1 : 0); // exception handlers, attributes
    if (branches) {
      shorts(out, 8);
      out.putInt(3);
      shorts(out, 1);
      out.put((byte) (code.length - 1)); // at the return, the same variables as at the start
    }
  }
}
