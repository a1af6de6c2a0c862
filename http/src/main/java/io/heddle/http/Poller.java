package io.heddle.http;

import java.io.IOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/**
 * Waits for every {@link PolledSocket}, in a thread that lives while there are any.
 *
 * <p>The JDK's own poller, for sockets that virtual threads block on, is not used for two reasons.
 * It never ends, and the JVM waits 0.3 s at its exit for a thread that is in native code. And it
 * has to be asked anew, by a system call, for each wait of a socket, where this one is told once
 * and reads what comes.
 */
final class Poller implements Runnable {
  /** How late a socket's time limit may be noticed. */
  private static final long SWEEP_MILLIS = 50;

  private static final long SWEEP_NANOS = SWEEP_MILLIS * 1_000_000;

  // Guarded by the class.
  private static @Nullable Poller shared;
  private int sockets;

  private final Selector selector;

  /**
   * Whether somebody looks after the time limits. Who waits sets a limit and then looks here; the
   * poller, before it sleeps as long as nothing comes, clears this and then looks for limits.
   */
  private volatile boolean isSweeping;

  private long sweptAt;

  /** Set before those that are registered are told: who registers looks at it afterwards. */
  private volatile @Nullable Throwable failure;

  private Poller() throws IOException {
    selector = Selector.open();
  }

  /** The poller, for one more socket. */
  static synchronized Poller take() throws IOException {
    Poller poller = shared;
    if (poller == null) {
      poller = new Poller();
      poller.start();
      shared = poller;
    }
    poller.sockets++;
    return poller;
  }

  private void start() throws IOException {
    boolean isStarted = false;
    try {
      Thread.ofPlatform()
          .daemon()
          .name("heddle-poller")
          .inheritInheritableThreadLocals(false)
          .start(this);
      isStarted = true;
    } finally {
      if (!isStarted) {
        selector.close();
      }
    }
  }

  /** For a socket that has been closed. */
  void release() {
    synchronized (Poller.class) {
      if (--sockets == 0 && shared == this) {
        shared = null;
      }
    }
    // To end, if this was the last; and a channel that is closed stays open to the system until its
    // selector has looked.
    selector.wakeup();
  }

  private static synchronized boolean isShared(Poller poller) {
    return shared == poller;
  }

  private static synchronized void retire(Poller poller) {
    if (shared == poller) {
      shared = null;
    }
  }

  /** Tells the socket when something can be done with its channel, from now on. */
  SelectionKey register(SocketChannel channel, int operation, PolledSocketImpl socket)
      throws IOException {
    try {
      SelectionKey key = channel.register(selector, operation, socket);
      selector.wakeup();
      if (failure == null) {
        return key;
      }
    } catch (ClosedSelectorException e) {
      // for that reason
    }
    throw new IOException("nobody waits for the network any more", failure);
  }

  /** Tells it of one thing more. */
  void want(SelectionKey key, int operation) {
    try {
      key.interestOpsOr(operation);
      selector.wakeup();
    } catch (CancelledKeyException e) {
      // closed, which who waits for it will see
    }
  }

  /** To be called when a time limit has been set. */
  void limited() {
    if (!isSweeping) {
      isSweeping = true;
      selector.wakeup();
    }
  }

  @Override
  public void run() {
    try (selector) {
      try {
        while (isShared(this)) {
          // An interrupt, whoever sent it, would let no select wait any more.
          Thread.interrupted();
          selector.select(Poller::ready, isSweeping ? SWEEP_MILLIS : 0);
          sweep();
        }
      } catch (IOException | RuntimeException | Error e) {
        failure = e;
        retire(this);
        selector.keys().forEach(key -> socket(key).fail(e));
      }
    } catch (IOException e) {
      // closed or not, nobody needs it
    }
  }

  private static void ready(SelectionKey key) {
    try {
      socket(key).ready(key);
    } catch (CancelledKeyException e) {
      // closed meanwhile, by one who wakes who waits
    } catch (RuntimeException | Error e) {
      key.cancel();
      socket(key).fail(e);
    }
  }

  private static PolledSocketImpl socket(SelectionKey key) {
    return (PolledSocketImpl) key.attachment();
  }

  private void sweep() {
    long now = System.nanoTime();
    if (!isSweeping || now - sweptAt < SWEEP_NANOS) {
      return;
    }
    sweptAt = now;
    isSweeping = false;
    for (SelectionKey key : selector.keys()) {
      if (socket(key).sweep(now)) {
        isSweeping = true;
      }
    }
  }
}
