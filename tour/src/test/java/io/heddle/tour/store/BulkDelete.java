package io.heddle.tour.store;

import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.purge.StoreException.Kind;
import io.heddle.terminal.Terminal;
import java.io.PrintStream;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Calls the two programs, which are in the unnamed package, and waits for what they do. */
final class BulkDelete {
  /** The number of workers of both programs. */
  static final int POOL_SIZE = 100;

  private static final Duration PATIENCE = Duration.ofSeconds(50);

  private BulkDelete() {}

  /** Both programs, for what has to be true of both. */
  enum Version {
    STOP_ON_ERRORS {
      @Override
      Summary deleteAllKeys(Context context, StoreClient conn) throws Exception {
        return stopOnErrors(context, conn, 100);
      }
    },
    KEEP_GOING {
      @Override
      Summary deleteAllKeys(Context context, StoreClient conn) throws Exception {
        return keepGoing(context, conn, new StringBuilder());
      }
    };

    abstract Summary deleteAllKeys(Context context, StoreClient conn) throws Exception;

    final Summary deleteAllKeys(KeyValueStore store) throws Exception {
      return deleteAllKeys(Context.background(), new StoreClient(store));
    }
  }

  static Summary stopOnErrors(Context context, StoreClient conn, int maxErrors) throws Exception {
    return call("BulkDeleteStopOnErrors", context, conn, maxErrors, nowhere());
  }

  static Summary stopOnErrors(KeyValueStore store, int maxErrors) throws Exception {
    return stopOnErrors(Context.background(), new StoreClient(store), maxErrors);
  }

  static Summary keepGoing(Context context, StoreClient conn, Appendable failedKeys)
      throws Exception {
    return call("BulkDeleteKeepGoing", context, conn, failedKeys, nowhere());
  }

  static Summary keepGoing(KeyValueStore store, Appendable failedKeys) throws Exception {
    return keepGoing(Context.background(), new StoreClient(store), failedKeys);
  }

  private static Terminal nowhere() {
    return new Terminal(new PrintStream(PrintStream.nullOutputStream()), false, false);
  }

  private static Summary call(String program, Object... arguments) throws Exception {
    Class<?> type = Class.forName(program);
    Constructor<?> constructor = type.getDeclaredConstructor();
    Method method =
        Arrays.stream(type.getDeclaredMethods())
            .filter(candidate -> candidate.getName().equals("deleteAllKeys"))
            .findFirst()
            .orElseThrow();
    constructor.setAccessible(true);
    method.setAccessible(true);
    try {
      return (Summary) method.invoke(constructor.newInstance(), arguments);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof Exception cause) {
        throw cause;
      }
      throw e;
    }
  }

  /** A store in which the deletion of some keys, from the first on, fails. */
  static KeyValueStore storeWithBroken(int count, int broken, Kind kind) {
    KeyValueStore store = KeyValueStore.withKeys(count);
    for (int i = 0; i < broken; i++) {
      store.failKey(KeyValueStore.key(i), Fault.always(kind));
    }
    return store;
  }

  static void awaitBlocked(Goroutine<?> goroutine, String reason) {
    await(() -> goroutine.toString().contains("[" + reason), () -> goroutine + ": not " + reason);
  }

  static void await(BooleanSupplier condition, Supplier<String> complaint) {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - start > PATIENCE.toNanos()) {
        throw new AssertionError(complaint.get());
      }
      Go.gosched();
    }
  }
}
