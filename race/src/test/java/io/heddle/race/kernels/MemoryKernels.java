package io.heddle.race.kernels;

import static io.heddle.Go.go;
import static io.heddle.race.kernels.Kernel.both;
import static io.heddle.race.kernels.Kernel.pair;
import static io.heddle.race.kernels.Kernel.racy;
import static io.heddle.race.kernels.Kernel.silent;

import io.heddle.Chan;
import io.heddle.Mutex;
import io.heddle.Task;
import io.heddle.race.unseen.Order;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** mop_test.go, comp_test.go, slice_test.go, issue12664_test.go: what reads and what writes. */
final class MemoryKernels {
  private MemoryKernels() {}

  private static final VarHandle ELEMENT = MethodHandles.arrayElementVarHandle(int[].class);

  /** Static variables. */
  private static int x;

  private static String text = "";
  private static Object any = "";

  /** One side with the same variables as the other. */
  private interface Side {
    void run(Vars v) throws Exception;
  }

  private static Kernel races(String name, Side first, Side second) {
    return racy(name, () -> sides(first, second));
  }

  private static Kernel agrees(String name, Side first, Side second) {
    return silent(name, () -> sides(first, second));
  }

  private static void sides(Side first, Side second) throws Exception {
    Vars v = new Vars();
    v.nested();
    both(() -> first.run(v), () -> second.run(v));
  }

  static List<Kernel> all() {
    List<Kernel> all = new ArrayList<>();
    expressions(all);
    fields(all);
    arrays(all);
    statics(all);
    closures(all);
    return all;
  }

  private static void expressions(List<Kernel> all) {
    // The second side has something to add to the object before it races.
    all.add(
        races(
            "OtherFieldFirst",
            v -> v.x = 1,
            v -> {
              v.y = 1;
              v.x = 2;
            }));
    all.add(
        races(
            "CaseCondition",
            v -> v.x = 1,
            v ->
                Vars.use(
                    switch (v.x) {
                      case 1 -> 1;
                      default -> 2;
                    })));
    all.add(races("Plus", v -> v.y = 1, v -> v.y = v.x + 2));
    all.add(races("Plus2", v -> v.y = 1, v -> Vars.use(v.x + v.y)));
    all.add(races("Complement", v -> v.y = 1, v -> Vars.use(~v.y)));
    all.add(races("Div", v -> v.y = 1, v -> Vars.use(5 / (v.y | 1))));
    all.add(races("DivConst", v -> v.y = 1, v -> Vars.use(v.y / 3)));
    all.add(races("Mod", v -> v.y = 1, v -> Vars.use(5 % (v.y | 1))));
    all.add(races("ModConst", v -> v.y = 1, v -> Vars.use(v.y % 3)));
    all.add(races("Rotate", v -> v.y = 1, v -> Vars.use(v.y << 3 | v.y >>> 29)));
    all.add(races("FuncArgument", v -> v.x = 1, v -> Vars.use(identity(v.x))));
    all.add(races("Sprint", v -> v.x = 1, v -> Vars.use(String.format("%d", v.x))));
    all.add(races("IfaceCmp", v -> v.any = "a", v -> Vars.use(v.any == v)));
    all.add(races("EfaceWW", v -> v.any = "a", v -> v.any = "b"));
    all.add(races("And", v -> v.x = 1, v -> Vars.use(v.x == 1 && v.y == 1)));
    all.add(races("Or", v -> v.x = 1, v -> Vars.use(v.x == 1 || v.y == 1)));
    all.add(races("Or2", v -> v.y = 1, v -> Vars.use(v.x == 1 || v.y == 1)));
    all.add(races("ArrayInit", v -> v.y = 1, v -> Vars.use(new int[] {v.x, v.y})));
    all.add(races("FuncVariableRW", v -> v.function = () -> {}, v -> v.function.run()));
    all.add(races("FuncVariableWW", v -> v.function = () -> {}, v -> v.function = () -> {}));
    all.add(races("MethodCall2", v -> v.any = "b", v -> Vars.use(v.any.hashCode())));
    all.add(
        races(
            "MethodValue",
            v -> v.any = "b",
            v -> {
              Function<Object, Boolean> f = v.any::equals;
              Vars.use(f);
            }));
    all.add(races("TypeAssert", v -> v.any = "b", v -> Vars.use((String) v.any)));
    all.add(races("StringRW", v -> v.text = "b", v -> Vars.use(v.text)));
    all.add(races("ConcatString", v -> v.text = "b", v -> Vars.use(v.text + v.x)));
    all.add(races("CompareString", v -> v.text = "b", v -> Vars.use("b".equals(v.text))));
    all.add(
        races(
            "Panic",
            v -> {
              try {
                throw new IllegalStateException();
              } catch (IllegalStateException e) {
                v.x = 1;
              }
            },
            v -> {
              try {
                throw new IllegalStateException();
              } catch (IllegalStateException e) {
                v.x = 2;
              }
            }));
    all.add(
        races(
            "BlockAs",
            v -> v.x = 1,
            v -> {
              int old = v.x;
              v.x = v.y;
              v.y = old;
            }));
    all.add(agrees("Plus", v -> Vars.use(v.x + v.z), v -> Vars.use(v.x + v.z)));
    all.add(agrees("And", v -> v.y = 1, v -> Vars.use(v.x == 1 && v.y == 1)));
    all.add(agrees("Or", v -> v.y = 1, v -> Vars.use(v.x == 0 || v.y == 1)));
    all.add(agrees("ShortCalc", v -> v.y = 1, v -> Vars.use(v.x == 1 ? v.y : v.x)));
    all.add(agrees("EnoughRegisters", v -> Vars.use(deep(v)), v -> Vars.use(deep(v))));
  }

  private static int deep(Vars v) {
    return v.x
        + (v.y * (v.z - (v.x ^ (v.y | (v.z & (v.x + (v.y - (v.z * (v.x + v.array[v.x])))))))));
  }

  private static int identity(int value) {
    return value;
  }

  private static void fields(List<Kernel> all) {
    all.add(races("Comp", v -> v.nested().x = 1, v -> v.nested().x = 2));
    all.add(races("LongWW", v -> v.wide = 1, v -> v.wide = 2));
    all.add(races("LongRW", v -> v.wide = 1, v -> Vars.use(v.wide)));
    all.add(races("Complex128WW", v -> v.real = 1, v -> v.real = 2));
    all.add(races("BooleanRW", v -> v.flag = true, v -> Vars.use(v.flag)));
    all.add(races("StructFieldRW1", v -> v.x = 1, v -> Vars.use(v.x)));
    all.add(races("Increment", v -> v.x++, v -> v.x++));
    all.add(races("LongIncrement", v -> v.wide += 2, v -> v.wide++));
    all.add(agrees("StructFieldRW1", v -> v.x = 1, v -> v.y = 2));
    all.add(agrees("Comp", v -> v.nested().x = 1, v -> v.nested().y = 2));
    all.add(agrees("ReadRead", v -> Vars.use(v.wide), v -> Vars.use(v.wide)));
  }

  /**
   * The other goroutine races with the second write only, which is at the same place in the code as
   * the first.
   */
  private static void elementAgainAfterARelease() throws Exception {
    int[] array = new int[3];
    Mutex mutex = new Mutex();
    pair(
        () -> {
          for (int i = 0; i < 2; i++) {
            if (i == 1) {
              mutex.lock();
              mutex.unlock();
            }
            array[1] = i;
          }
        },
        () -> {
          mutex.lock();
          mutex.unlock();
          array[1] = 7;
        });
  }

  /** Only the last read races: the atomic write takes the place of the first. */
  private static void elementAgainAfterAnAtomicAccess() throws Exception {
    int[] array = new int[3];
    pair(
        () -> {
          int sum = 0;
          for (int i = 0; i < 2; i++) {
            if (i == 1) {
              ELEMENT.setOpaque(array, 1, 5);
            }
            sum += array[1];
          }
          Vars.use(sum);
        },
        () -> ELEMENT.setOpaque(array, 1, 7));
  }

  /** What one reader has read of an array does not count for the next. */
  private static void elementsReadByOthersBefore() throws Exception {
    int[] array = new int[3];
    Order order = new Order();
    var first =
        go(() -> {
          Vars.use(array[1]);
          Vars.use(array[2]);
          order.reach();
        });
    var second =
        go(() -> {
          order.await(1);
          Vars.use(array[1]);
          Vars.use(array[2]);
          order.reach();
        });
    first.join();
    order.await(2);
    array[2] = 1;
    second.join();
  }

  private static void arrays(List<Kernel> all) {
    all.add(racy("ElementAgainAfterARelease", () -> elementAgainAfterARelease()));
    all.add(racy("ElementAgainAfterAnAtomicAccess", () -> elementAgainAfterAnAtomicAccess()));
    all.add(racy("ElementsReadByOthersBefore", () -> elementsReadByOthersBefore()));
    all.add(races("SliceRW", v -> v.array[1] = 1, v -> Vars.use(v.array[1])));
    all.add(races("SliceWW", v -> v.array[1] = 1, v -> v.array[1] = 2));
    all.add(
        races(
            "SliceRangeWrite",
            v -> v.array[3] = 1,
            v -> {
              for (int value : v.array) {
                Vars.use(value);
              }
            }));
    all.add(races("SliceWriteSlice", v -> v.array[1] = 1, v -> v.array = new int[1]));
    all.add(races("SliceVarRead", v -> Vars.use(v.array[1]), v -> v.array = new int[1]));
    all.add(races("SliceVarRange", v -> Vars.use(v.array.length), v -> v.array = new int[1]));
    all.add(races("SliceIndexAccess", v -> v.x = 1, v -> v.array[v.x] = 1));
    all.add(agrees("SliceRW", v -> v.array[1] = 1, v -> Vars.use(v.array[0])));
    all.add(agrees("SliceWriteLen", v -> v.array[1] = 1, v -> Vars.use(v.array.length)));
    all.add(agrees("SliceIndexAccess", v -> Vars.use(v.x), v -> v.array[v.x] = 1));
    all.add(silent("TinyAlloc", () -> bytes()));
    all.add(racy("WideElements", () -> wide()));
    all.add(racy("ReferenceElements", () -> references()));
  }

  private static void bytes() throws Exception {
    byte[] bytes = new byte[64];
    both(
        () -> {
          for (int i = 0; i < 64; i += 2) {
            bytes[i] = 1;
          }
        },
        () -> {
          for (int i = 1; i < 64; i += 2) {
            bytes[i] = 1;
          }
        });
  }

  private static void wide() throws Exception {
    long[] longs = new long[2];
    double[] doubles = new double[2];
    both(
        () -> {
          longs[0] = 1;
          doubles[1] += 1;
        },
        () -> {
          longs[1] = 1;
          doubles[1] += 1;
        });
  }

  private static void references() throws Exception {
    Object[] objects = new Object[2];
    both(() -> objects[1] = "a", () -> Vars.use(objects[1]));
  }

  private static void statics(List<Kernel> all) {
    all.add(races("IntRWGlobalFuncs", v -> x = 1, v -> Vars.use(x)));
    all.add(races("Issue12664", v -> text = "a", v -> Vars.use(text)));
    all.add(races("Issue12664_4", v -> any = "a", v -> any = (Object) x));
  }

  private static void closures(List<Kernel> all) {
    all.add(racy("HeapParam", () -> heapParam()));
    all.add(racy("TLS", () -> passedOn()));
    all.add(racy("CapturedThis", () -> new Escaping().run()));
    all.add(silent("FuncArgsRW", () -> byValue()));
    all.add(silent("IntRWClosures", () -> orderedByChannel()));
  }

  private static void heapParam() throws Exception {
    Vars v = new Vars();
    Chan<Boolean> done = Chan.buffered(1);
    go(() -> {
      v.x = 1;
      done.send(true);
    });
    Vars.use(v.x);
    done.receive();
  }

  private static void passedOn() throws Exception {
    Chan<Vars> there = Chan.buffered(1);
    Chan<Vars> back = Chan.buffered(1);
    Chan<Boolean> done = Chan.buffered(1);
    go(() -> {
      Vars v = new Vars();
      there.send(v);
      v.x = 1;
      done.send(true);
    });
    Vars v = there.receive();
    v.x = 2;
    back.send(v);
    done.receive();
  }

  /** Starts a goroutine in its constructor. */
  private static final class Escaping {
    int x;
    final Chan<Boolean> done = Chan.buffered(1);

    Escaping() {
      go(() -> {
        Vars.use(x);
        done.send(true);
      });
      x = 1;
    }

    void run() throws Exception {
      done.receive();
    }
  }

  private static void byValue() throws Exception {
    Vars v = new Vars();
    int copy = v.x;
    Task task = () -> Vars.use(copy);
    pair(task, () -> v.x = 1);
  }

  private static void orderedByChannel() throws Exception {
    Vars v = new Vars();
    Chan<Boolean> c = Chan.unbuffered();
    go(() -> {
      Vars.use(v.x);
      c.send(true);
    });
    c.receive();
    v.x = 1;
  }
}
