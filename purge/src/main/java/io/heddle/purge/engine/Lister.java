package io.heddle.purge.engine;

import io.heddle.Context;
import io.heddle.purge.Page;
import io.heddle.purge.StoreException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Lists the pages of keys, and selects keys from them. */
final class Lister {
  private final Source source;
  private final Selection selection;
  private final Requests requests;

  Lister(Source source, Selection selection, Requests requests) {
    this.source = source;
    this.selection = selection;
    this.requests = requests;
  }

  /** The source of pages. */
  @FunctionalInterface
  interface Source {
    Page page(@Nullable String cursor, Context run) throws StoreException, InterruptedException;
  }

  @FunctionalInterface
  interface Visitor {
    /** Visits a page; returns whether to continue. */
    boolean visit(List<String> selected, int skipped, @Nullable String next)
        throws StopException, InterruptedException;
  }

  /**
   * Visits all pages, or as many as the visitor wants. A listing that fails must not pass for the
   * end of the keys, so it stops the run.
   */
  void forEachPage(@Nullable String start, Context run, Visitor visitor)
      throws StopException, InterruptedException {
    String cursor = start;
    do {
      Page page = page(cursor, run);
      cursor = page.next();
      List<String> selected =
          selection.isAll() ? page.keys() : page.keys().stream().filter(selection).toList();
      int skipped = page.keys().size() - selected.size();
      if (!visitor.visit(selected, skipped, cursor)) {
        return;
      }
      run.check();
    } while (cursor != null);
  }

  private Page page(@Nullable String cursor, Context run)
      throws StopException, InterruptedException {
    try {
      return requests.send(() -> source.page(cursor, run), run);
    } catch (StoreException e) {
      throw StopException.of("the listing failed", e);
    }
  }
}
