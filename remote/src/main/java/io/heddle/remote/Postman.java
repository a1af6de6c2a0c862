package io.heddle.remote;

import static java.lang.System.Logger.Level.WARNING;

import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.ContextException;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.WaitGroup;
import io.heddle.queue.Uninterrupted;
import java.time.Duration;
import java.util.UUID;
import java.util.function.Consumer;

/** Receives the notes of one side of a call, and sends notes to others. */
final class Postman {
  private static final System.Logger LOG = System.getLogger("io.heddle.remote");
  private static final Duration PAUSE = Duration.ofMillis(200);

  private final Backend backend;
  private final Consumer<? super Note> reader;
  private final String address = UUID.randomUUID().toString();
  private final CancelContext running = Context.background().withCancel();
  private final WaitGroup posts = new WaitGroup();
  private boolean isClosed; // guarded by this
  private final Mailbox mailbox;
  private final Goroutine<?> receiver;

  /**
   * Begins to receive.
   *
   * @param reader called with each note, one after the other
   */
  Postman(Backend backend, Consumer<? super Note> reader)
      throws RemoteException, InterruptedException {
    this.backend = backend;
    this.reader = reader;
    this.mailbox = backend.mailbox(address);
    this.receiver = Go.go(running, "receive notes in " + backend.name(), this::receive);
  }

  String address() {
    return address;
  }

  private void receive() throws InterruptedException {
    try {
      while (!running.isDone()) {
        try {
          for (String body : mailbox.receive()) {
            Note note = Note.decode(body);
            if (note != null) {
              reader.accept(note);
            }
          }
        } catch (RemoteException e) {
          Go.sleep(PAUSE, running);
        }
      }
    } catch (InterruptedException | ContextException e) {
      // closed
    }
  }

  /**
   * Posts a note, once at least, until the backend has taken it or the context is done.
   *
   * @throws IllegalArgumentException if the backend takes no note of this size
   */
  void post(String address, Note note, Context context) throws InterruptedException {
    String body = note.encode();
    boolean hasFailed = false;
    while (true) {
      try {
        backend.post(address, body);
        return;
      } catch (RemoteException e) {
        if (!hasFailed) {
          failed(note, e);
        }
        hasFailed = true;
      }
      try {
        Go.sleep(PAUSE, context);
      } catch (ContextException e) {
        return; // its receiver does not wait any more
      }
    }
  }

  private static void failed(Note note, RemoteException e) {
    LOG.log(WARNING, "heddle.remote.unposted {0}: {1}", note.kind(), e.getMessage());
  }

  /** Posts a note in the background, once. After {@link #close} this does nothing. */
  synchronized void postLater(String address, Note note) {
    if (!isClosed) {
      posts.go(() -> {
        try {
          backend.post(address, note.encode());
        } catch (RemoteException e) {
          failed(note, e);
        }
      });
    }
  }

  /** Stops receiving, and waits for what is being posted; whatever the interrupts. */
  void close() {
    synchronized (this) {
      isClosed = true;
    }
    running.close();
    Uninterrupted.join(receiver);
    Uninterrupted.join(Go.go(() -> posts.await()));
    mailbox.close();
  }
}
