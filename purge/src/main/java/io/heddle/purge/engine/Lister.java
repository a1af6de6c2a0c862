package io.heddle.purge.engine;

import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.ContextException;
import io.heddle.Race;
import io.heddle.TaskGroup;
import io.heddle.purge.Details;
import io.heddle.purge.Page;
import io.heddle.purge.StoreException;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Lists the pages of keys, and selects keys from them: by their names, and then by what the store
 * records about them.
 *
 * <p>If the store is asked about keys, three stages work at the same time: one lists a page, one
 * inspects the page before, and the visitor has the page before that.
 */
final class Lister {
  private final Source source;
  private final Selection selection;
  private final Requests requests;
  private final @Nullable Inspector inspector;

  /**
   * Makes a lister.
   *
   * @param inspector reads what the store records about keys; null if that is not needed
   */
  Lister(Source source, Selection selection, Requests requests, @Nullable Inspector inspector) {
    this.source = source;
    this.selection = selection;
    this.requests = requests;
    this.inspector = inspector;
  }

  /** The source of pages. */
  @FunctionalInterface
  interface Source {
    Page page(@Nullable String cursor, Context run) throws StoreException, InterruptedException;
  }

  /**
   * The selected keys of a page.
   *
   * @param details what is known about each key
   * @param skipped how many keys of the page are not selected
   * @param next where the next page begins, null if this is the last
   */
  record Selected(List<String> keys, List<Details> details, int skipped, @Nullable String next) {}

  @FunctionalInterface
  interface Visitor {
    /** Visits a page; returns whether to continue. */
    boolean visit(Selected page) throws StopException, InterruptedException;
  }

  /**
   * Visits all pages, or as many as the visitor wants. A listing that fails must not pass for the
   * end of the keys, so it stops the run. The end of the run interrupts a listing at once.
   */
  void forEachPage(@Nullable String start, Context run, Visitor visitor)
      throws StopException, InterruptedException {
    Inspector wanted = inspector;
    if (wanted == null) {
      forEachListed(start, run, visitor);
    } else {
      forEachInspected(start, run, wanted, visitor);
    }
  }

  private void forEachListed(@Nullable String start, Context run, Visitor visitor)
      throws StopException, InterruptedException {
    String cursor = start;
    do {
      Page page = page(cursor, run);
      cursor = page.next();
      List<String> selected =
          selection.isAll() ? page.keys() : page.keys().stream().filter(selection).toList();
      List<Details> unknown = Collections.nCopies(selected.size(), Details.NONE);
      int skipped = page.keys().size() - selected.size();
      if (!visitor.visit(new Selected(selected, unknown, skipped, cursor))) {
        return;
      }
      run.check();
    } while (cursor != null);
  }

  private void forEachInspected(
      @Nullable String start, Context run, Inspector wanted, Visitor visitor)
      throws StopException, InterruptedException {
    Chan<Selected> listed = Chan.unbuffered();
    Chan<Selected> inspected = Chan.unbuffered();
    boolean hasStopped = false;
    try (TaskGroup<Void> stages = new TaskGroup<>(run)) {
      Context here = stages.context();
      stages.go(() -> {
        forEachListed(
            start,
            here,
            page -> {
              listed.send(page, here);
              return true;
            });
        listed.close();
      });
      stages.go(() -> {
        for (Selected page; (page = listed.receive(here)) != null; ) {
          inspected.send(wanted.inspect(page, here), here);
        }
        inspected.close();
      });
      try {
        for (Selected page; (page = inspected.receive(here)) != null; ) {
          if (!visitor.visit(page)) {
            hasStopped = true;
            return;
          }
        }
      } catch (ContextException e) {
        run.check(); // else one of the stages has failed
      }
      stages.await();
    } catch (ExecutionException e) {
      throw stopOf(e, run);
    } catch (CompletionException e) { // a stage failed after the visitor had seen enough
      if (!hasStopped) {
        throw e;
      }
    }
  }

  private Page page(@Nullable String cursor, Context run)
      throws StopException, InterruptedException {
    return promptly(
        run,
        () -> {
          try {
            return requests.send(() -> source.page(cursor, run), run);
          } catch (StoreException e) {
            throw StopException.of("the listing failed", e);
          }
        });
  }

  /** Runs a step that leaves nothing unfinished: the end of the run interrupts it. */
  static <T> T promptly(Context run, Callable<T> step) throws StopException, InterruptedException {
    try {
      return Race.race(run, step);
    } catch (ExecutionException e) {
      throw stopOf(e, run);
    }
  }

  /** The reason to stop that a goroutine of the run has thrown. */
  static StopException stopOf(ExecutionException e, Context run) {
    run.check();
    if (e.getCause() instanceof StopException stop) {
      return stop;
    }
    throw defect(e);
  }

  static IllegalStateException defect(ExecutionException e) {
    return new IllegalStateException("a defect of the purge or of the store's client", e);
  }
}
