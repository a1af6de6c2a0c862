package io.heddle.queue;

import io.heddle.Chan;
import io.heddle.ChannelClosedException;
import io.heddle.Go;
import io.heddle.Goroutine;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The only goroutine that writes to an SQLite database. While it waits for the disk more jobs
 * arrive on its channel, and the next transaction executes all of them: the busier the queue, the
 * more messages share one wait for the disk. A job that fails is taken out, and the rest of its
 * group runs again, each job in a transaction of its own.
 */
final class GroupWriter {
  /** The highest number of jobs in a transaction. */
  private static final int GROUP = 256;

  private final Session session;
  private final SqliteTime time;
  private final Chan<Job<?>> jobs = Chan.<Job<?>>buffered(GROUP).named("queue writes");
  private final Goroutine<?> goroutine;

  private GroupWriter(Session session, SqliteTime time) {
    this.session = session;
    this.time = time;
    this.goroutine = Go.go("queue writer", this::serve);
  }

  static GroupWriter start(Session session, SqliteTime time) {
    return new GroupWriter(session, time);
  }

  /** A job on its way to the writer, with its result on the way back. */
  private static final class Job<T extends @Nullable Object> {
    private final SqlQueue.Work<T> work;
    private final Chan<Ending> ending = Chan.buffered(1);

    Job(SqlQueue.Work<T> work) {
      this.work = work;
    }

    /** Runs the job; the returned action notifies the caller, once the result is on disk. */
    Runnable run(Session session) throws SQLException {
      T result = work.run(session);
      return () -> ending.trySend(new Ending.Returned<T>(result));
    }

    void fail(Throwable failure) {
      ending.trySend(new Ending.Failed(failure));
    }
  }

  private sealed interface Ending {
    record Returned<T extends @Nullable Object>(T result) implements Ending {}

    record Failed(Throwable failure) implements Ending {}
  }

  /** Runs a job in a transaction, which is on disk when this returns. */
  <T extends @Nullable Object> T write(SqlQueue.Work<T> work)
      throws SQLException, QueueException, InterruptedException {
    Job<T> job = new Job<>(work);
    try {
      jobs.send(job);
    } catch (ChannelClosedException e) {
      throw closed();
    }
    return switch (Uninterrupted.receive(job.ending)) {
      case Ending.Returned<?>(var result) -> {
        @SuppressWarnings("unchecked") // the result of the job's own work
        T value = (T) result;
        yield value;
      }
      case Ending.Failed(SQLException e) -> throw e;
      case Ending.Failed(QueueException e) -> throw e;
      case Ending.Failed(RuntimeException e) -> throw e;
      case Ending.Failed(Error e) -> throw e;
      case Ending.Failed(Throwable e) -> throw new IllegalStateException(e);
    };
  }

  private void serve() throws InterruptedException {
    try {
      for (Job<?> job; (job = jobs.receive()) != null; ) {
        List<Job<?>> group = new ArrayList<>();
        while (job != null) {
          group.add(job);
          job = group.size() < GROUP ? jobs.tryReceive() : null;
        }
        if (!commit(group)) {
          group.forEach(one -> commit(List.of(one)));
        }
      }
    } finally {
      // The queue was closed, or the program ends.
      stop();
      for (Job<?> job; (job = jobs.tryReceive()) != null; ) {
        job.fail(closed());
      }
    }
  }

  /** Returns false if nothing was done and each of several jobs must be tried separately. */
  private boolean commit(List<Job<?>> group) {
    try {
      time.set(session);
      List<Runnable> answers = new ArrayList<>();
      for (Job<?> job : group) {
        answers.add(job.run(session));
      }
      session.connection().commit();
      answers.forEach(Runnable::run);
      return true;
    } catch (Throwable e) { // also an Error: each caller must be notified
      try {
        session.connection().rollback();
      } catch (SQLException second) {
        e.addSuppressed(second);
      }
      if (group.size() > 1) {
        return false;
      }
      group.getFirst().fail(e);
      return true;
    }
  }

  private static QueueException closed() {
    return new QueueException("the queue is closed");
  }

  private void stop() {
    try {
      jobs.close();
    } catch (ChannelClosedException e) {
      // closed already
    }
  }

  /** Finishes the jobs that have been sent, and ends. */
  void close() {
    stop();
    Uninterrupted.join(goroutine);
  }
}
