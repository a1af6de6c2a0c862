package io.heddle.purge.engine;

import io.heddle.Context;
import io.heddle.Go;
import io.heddle.purge.Deletion;
import io.heddle.purge.Page;
import io.heddle.purge.Store;
import io.heddle.purge.StoreException;
import io.heddle.purge.StoreException.Kind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Deletes a number of keys of a store that has them nowhere, and fails with every hundredth: a
 * program of its own, for a JVM with little memory. With {@code hoard} it has the defect of keeping
 * what it has seen.
 */
final class Scale {
  private Scale() {}

  public static void main(String[] args) throws InterruptedException {
    int count = Integer.parseInt(args[0]);
    List<String> hoard = args.length > 2 ? new ArrayList<>() : null;
    Store store =
        new Store() {
          @Override
          public String name() {
            return "endless";
          }

          @Override
          public Page list(String prefix, @Nullable String cursor, int limit) {
            int start = cursor == null ? 0 : Integer.parseInt(cursor);
            int end = Math.min(count, start + limit);
            List<String> keys =
                IntStream.rangeClosed(start + 1, end)
                    .mapToObj(i -> "some-prefix/key-" + i)
                    .toList();
            if (hoard != null) {
              hoard.addAll(keys);
            }
            return new Page(keys, end == count ? null : Integer.toString(end));
          }

          @Override
          public Deletion delete(List<String> keys) throws StoreException {
            if (keys.getFirst().endsWith("00")) {
              throw new StoreException(Kind.FORBIDDEN, "HTTP 403", "delete " + keys.getFirst());
            }
            return Deletion.of(true);
          }

          @Override
          public void close() {}
        };
    Go.run(() -> {
      Plan plan =
          Plan.DEFAULT
              .with(new Plan.Passes(1, false))
              .with(new Plan.Files(Path.of(args[1]), null, false));
      Summary summary = Purge.run(Context.background(), store, plan, new Progress(), Observer.NONE);
      System.out.println(summary.deleted() + " " + summary.failed());
    });
  }
}
