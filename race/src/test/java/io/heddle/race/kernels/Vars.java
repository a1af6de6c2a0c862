package io.heddle.race.kernels;

/** Variables that goroutines share. */
final class Vars {
  int x;
  int y;
  int z;
  int own1;
  int own2;
  long wide;
  double real;
  boolean flag;
  String text = "";
  Object any = "";
  Runnable function = () -> {};
  int[] array = new int[10];
  final Vars[] inner = new Vars[1];

  /** Where values go that are only read, or the JIT would drop the reads. */
  static volatile Object sink;

  static void use(Object value) {
    sink = value;
  }

  Vars nested() {
    if (inner[0] == null) {
      inner[0] = new Vars();
    }
    return inner[0];
  }
}
