package io.heddle;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.ForeignContexts.Manual;
import io.heddle.ForeignContexts.Wrapper;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.Pipe;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A goroutine under a context is interrupted when that ends. */
@Timeout(value = 90, threadMode = ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class ContextInterruptTest {
  @Nested
  final class WhatItStops {
    /** Starts the task under a context that is cancelled once it is blocked. */
    private Goroutine<?> stopped(Task task) throws InterruptedException {
      CancelContext context = Context.background().withCancel();
      Goroutine<?> goroutine = go(context, task);
      TestSupport.awaitBlocked(goroutine.thread());
      context.cancel();
      goroutine.join();
      return goroutine;
    }

    private void assertStops(Class<? extends Throwable> by, Task task) throws InterruptedException {
      run(() -> assertInstanceOf(by, stopped(task).failure()));
    }

    @Test
    void aChannelOperationWithoutAContext() throws InterruptedException {
      assertStops(InterruptedException.class, () -> Chan.never().receive());
    }

    @Test
    void aHeddleSleep() throws InterruptedException {
      assertStops(InterruptedException.class, () -> Go.sleep(Duration.ofHours(1)));
    }

    @Test
    void aThreadSleep() throws InterruptedException {
      assertStops(InterruptedException.class, () -> Thread.sleep(Duration.ofHours(1)));
    }

    @Test
    void aBlockingQueue() throws InterruptedException {
      assertStops(InterruptedException.class, () -> new LinkedBlockingQueue<>().take());
    }

    @Test
    void aLatch() throws InterruptedException {
      assertStops(InterruptedException.class, () -> new CountDownLatch(1).await());
    }

    @Test
    void aLockThatCanBeInterrupted() throws InterruptedException {
      ReentrantLock lock = new ReentrantLock();
      lock.lock();
      try {
        assertStops(InterruptedException.class, lock::lockInterruptibly);
      } finally {
        lock.unlock();
      }
    }

    @Test
    void aMonitorsWait() throws InterruptedException {
      Object monitor = new Object();
      assertStops(InterruptedException.class, () -> waitFor(monitor));
    }

    @SuppressWarnings("WaitNotInLoop") // nobody notifies
    private void waitFor(Object monitor) throws InterruptedException {
      synchronized (monitor) {
        monitor.wait();
      }
    }

    @Test
    void aProcess() throws Exception {
      Process process = new ProcessBuilder("sleep", "1000").start();
      try {
        assertStops(InterruptedException.class, process::waitFor);
        assertTrue(process.isAlive());
      } finally {
        process.destroyForcibly();
      }
    }

    @Test
    void aReadFromASocket() throws Exception {
      try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
          Socket socket = new Socket(server.getInetAddress(), server.getLocalPort());
          Socket accepted = server.accept()) {
        assertStops(SocketException.class, () -> socket.getInputStream().read());
        assertTrue(socket.isClosed());
        assertEquals(-1, accepted.getInputStream().read(), "the receiver sees it");
      }
    }

    @Test
    void anAcceptOfASocket() throws Exception {
      try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        assertStops(SocketException.class, () -> server.accept().close());
      }
    }

    @Test
    void anAcceptOfASocketChannel() throws Exception {
      try (ServerSocketChannel server = ServerSocketChannel.open()) {
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        assertStops(ClosedByInterruptException.class, () -> server.accept().close());
      }
    }

    @Test
    void aReadFromAPipe() throws Exception {
      Pipe pipe = Pipe.open();
      try (var sink = pipe.sink();
          var source = pipe.source()) {
        assertStops(ClosedByInterruptException.class, () -> source.read(ByteBuffer.allocate(1)));
        assertTrue(sink.isOpen());
      }
    }

    @Test
    void aSelector() throws Exception {
      try (Selector selector = Selector.open();
          CancelContext context = Context.background().withCancel()) {
        run(() -> {
          Chan<String> ready = Chan.unbuffered();
          Goroutine<?> goroutine =
              go(
                  context,
                  () -> {
                    ready.send("ready"); // from here on an interrupt comes in time, however early
                    assertEquals(0, selector.select());
                    assertTrue(Thread.interrupted());
                  });
          ready.receive();
          context.cancel();
          goroutine.join();
        });
      }
    }

    @Test
    void aDeadlineDoesItToo() throws InterruptedException {
      run(() -> {
        Context context = Context.background().withTimeout(Duration.ofMillis(1));
        Goroutine<?> goroutine = go(context, () -> Thread.sleep(Duration.ofHours(1)));
        goroutine.join();
        assertInstanceOf(InterruptedException.class, goroutine.failure());
      });
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void anyKindOfContextDoesIt(Kind kind) throws InterruptedException {
      run(() -> {
        Kind.Tree tree = kind.make();
        Goroutine<?> goroutine = go(tree.below, () -> new CountDownLatch(1).await());
        TestSupport.awaitBlocked(goroutine.thread());
        tree.cancel.run();
        goroutine.join();
        assertInstanceOf(InterruptedException.class, goroutine.failure());
      });
    }

    @Test
    void aGoroutineStartedUnderAContextThatIsDoneBeginsInterrupted() throws InterruptedException {
      run(() -> {
        CancelContext context = Context.background().withCancel();
        context.cancel();
        Goroutine<?> goroutine =
            go(
                context,
                () -> {
                  assertTrue(Thread.currentThread().isInterrupted());
                  Thread.sleep(Duration.ofHours(1));
                });
        goroutine.join();
        assertInstanceOf(InterruptedException.class, goroutine.failure());
      });
    }

    @Test
    void goroutinesThatItStartsAreNotUnderTheContextByThemselves() throws InterruptedException {
      run(() -> {
        CancelContext context = Context.background().withCancel();
        Chan<Goroutine<?>> started = Chan.unbuffered();
        Chan<String> quit = Chan.unbuffered();
        Goroutine<?> outer = go(context, () -> started.send(go(() -> quit.receive())));
        Goroutine<?> inner = started.receive();
        outer.join();
        TestSupport.awaitBlocked(inner, "chan receive");
        context.cancel();
        quit.send("not interrupted");
        inner.join();
        assertNull(inner.failure());
      });
    }
  }

  @Nested
  final class WithoutInterrupts {
    @ParameterizedTest
    @EnumSource(Kind.class)
    void aGoroutineIsNotInterrupted(Kind kind) throws InterruptedException {
      run(() -> {
        Kind.Tree tree = kind.make();
        Context context = tree.below.withoutInterrupts();
        Chan<String> channel = Chan.unbuffered();
        Chan<String> clean = Chan.unbuffered();
        for (Context under :
            List.of(context, context.withCancel(), context.withValue(Manual.OWN, "v"))) {
          assertFalse(under.interrupts());
          go(
              under,
              () -> {
                assertEquals("go on", channel.receive());
                assertFalse(Thread.currentThread().isInterrupted());
                assertTrue(under.isDone(), "it can still see the end");
                assertThrows(CancelledException.class, () -> channel.receive(under));
                clean.send("clean");
              });
        }
        tree.cancel.run();
        for (int i = 0; i < 3; i++) {
          channel.send("go on");
          assertEquals("clean", clean.receive());
        }
      });
    }
  }

  /** Ways to derive a context that the cancelling of another one ends. */
  enum Kind {
    SAME,
    CHILD,
    VALUE,
    WRAPPED,
    MERGED,
    MANUAL;

    record Tree(Context below, Runnable cancel) {}

    Tree make() {
      CancelContext root = Context.background().withCancel();
      Manual manual = new Manual();
      return switch (this) {
        case SAME -> new Tree(root, root::cancel);
        case CHILD -> new Tree(root.withTimeout(Duration.ofHours(1)).withCancel(), root::cancel);
        case VALUE -> new Tree(root.withValue(Context.key("key"), 1), root::cancel);
        case WRAPPED -> new Tree(new Wrapper(new Wrapper(root).withCancel()), root::cancel);
        case MERGED ->
            new Tree(Context.merge(Context.background().withCancel(), root), root::cancel);
        case MANUAL -> new Tree(manual, manual::cancel);
      };
    }
  }

  @Nested
  final class QuietEnds {
    @Test
    void aContextExceptionEndsAGoroutineUnderTheContextQuietly() throws InterruptedException {
      run(() -> {
        CancelContext context = Context.background().withCancel();
        context.cancel();
        Goroutine<?> goroutine = go(context, context::check);
        goroutine.join();
        assertInstanceOf(CancelledException.class, goroutine.failure());
      });
    }

    @Test
    void anExceptionOfAnotherKindDoesNot() {
      IOException failure = new IOException("disk full");
      var e =
          assertThrows(
              PanicException.class,
              () ->
                  run(() -> {
                    CancelContext context = Context.background().withCancel();
                    context.cancel();
                    go(
                        context,
                        () -> {
                          throw failure;
                        });
                    Chan.never().receive();
                  }));
      assertSame(failure, e.getCause());
    }

    @Test
    void aSocketsTimeoutDoesNot() {
      assertPanics(
          SocketTimeoutException.class,
          context -> {
            context.cancel();
            throw new SocketTimeoutException("not the interrupt");
          });
    }

    @Test
    void aSocketsFailureDoesNotIfNoInterruptIsPending() {
      assertPanics(
          SocketException.class,
          context -> {
            context.cancel();
            assertTrue(Thread.interrupted());
            throw new SocketException("connection reset");
          });
    }

    @Test
    void anInterruptedExceptionBeforeTheEndDoesNot() {
      assertPanics(
          InterruptedException.class,
          context -> {
            Thread.currentThread().interrupt();
            Thread.sleep(1);
          });
    }

    @Test
    void theTimeoutOfADerivedContextDoesNot() {
      assertPanics(
          DeadlineExceededException.class,
          context -> {
            try (CancelContext child = context.withTimeout(Duration.ZERO)) {
              child.check();
            }
          });
    }

    private interface Body {
      void run(CancelContext context) throws Exception;
    }

    private void assertPanics(Class<? extends Throwable> cause, Body body) {
      var e =
          assertThrows(
              PanicException.class,
              () ->
                  run(() -> {
                    CancelContext context = Context.background().withCancel();
                    go(context, () -> body.run(context));
                    Chan.never().receive();
                  }));
      assertInstanceOf(cause, e.getCause());
    }
  }
}
