package io.heddle.evidence.interplay;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.Goroutine;
import io.heddle.TaskGroup;
import io.heddle.WaitGroup;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;

/** Goroutines in files, sockets, the name service and a database. */
@Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
@Tag("system")
final class InputOutputTest {
  @TempDir Path folder;

  @Test
  void manyWriteAndReadFiles() throws Exception {
    run(() -> {
      Chan<Path> written = Chan.buffered(4);
      WaitGroup writers = new WaitGroup();
      for (int i = 0; i < 50; i++) {
        int mine = i;
        writers.go(() -> {
          Path file = folder.resolve(mine + ".txt");
          Files.writeString(file, "line\n".repeat(1_000) + mine);
          written.send(file);
        });
      }
      go(() -> {
        writers.await();
        written.close();
      });
      int sum = 0;
      for (Path file : written) {
        try (var lines = Files.lines(file)) {
          sum += Integer.parseInt(lines.skip(1_000).findFirst().orElseThrow());
        }
      }
      assertEquals(1_225, sum);
    });
  }

  @Test
  void manyWriteToOneFileAtTheirPlaces() throws Exception {
    Path file = folder.resolve("shared");
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      TaskGroup<Void> group = new TaskGroup<>();
      for (int i = 0; i < 100; i++) {
        long place = i;
        group.go(() -> channel.write(ByteBuffer.wrap(new byte[] {(byte) place}), place));
      }
      group.await();
    }
    byte[] bytes = Files.readAllBytes(file);
    for (int i = 0; i < 100; i++) {
      assertEquals(i, bytes[i]);
    }
  }

  @Test
  @SuppressWarnings("try") // closing the server is what ends its accept
  void aServerAndItsClientsAreGoroutines() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 100, InetAddress.getLoopbackAddress())) {
      AtomicLong sum = new AtomicLong();
      run(() -> {
        go(() -> {
          while (true) {
            Socket socket;
            try {
              socket = server.accept();
            } catch (SocketException e) {
              return; // closed below
            }
            go(() -> echo(socket));
          }
        });
        WaitGroup clients = new WaitGroup();
        for (int i = 0; i < 50; i++) {
          int mine = i;
          clients.go(() -> {
            try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), server.getLocalPort())) {
              BufferedReader in =
                  new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
              for (int n = 0; n < 20; n++) {
                socket.getOutputStream().write((mine + "\n").getBytes(UTF_8));
                sum.addAndGet(Integer.parseInt(in.readLine()));
              }
            }
          });
        }
        clients.await();
        server.close();
      });
      assertEquals(20 * 1_225, sum.get());
    }
  }

  private static void echo(Socket socket) throws Exception {
    try (socket) {
      socket.getInputStream().transferTo(socket.getOutputStream());
    }
  }

  @Test
  void theEndOfAContextStopsAReadThatKnowsNothingOfIt() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Socket client = new Socket(server.getInetAddress(), server.getLocalPort());
        Socket accepted = server.accept()) {
      run(() -> {
        Chan<String> reading = Chan.unbuffered();
        try (var context = Context.background().withCancel()) {
          Goroutine<?> reader =
              go(
                  context,
                  () -> {
                    reading.send("soon");
                    accepted.getInputStream().read();
                  });
          assertEquals("soon", reading.receive());
          context.cancel();
          reader.join();
          assertTrue(reader.failure() instanceof SocketException, () -> "" + reader.failure());
        }
      });
      assertFalse(client.isClosed());
    }
  }

  @Test
  void namesAreLookedUpAtTheSameTime() throws Exception {
    TaskGroup<Void> group = new TaskGroup<>();
    for (int i = 0; i < 20; i++) {
      group.go(() ->
          assertTrue(
              Arrays.stream(InetAddress.getAllByName("localhost"))
                  .anyMatch(InetAddress::isLoopbackAddress)));
    }
    group.await();
    assertThrows(UnknownHostException.class, () -> InetAddress.getAllByName("not a name"));
  }

  @Test
  void goroutinesShareTheConnectionsOfADatabase() throws Exception {
    String url = "jdbc:sqlite:" + folder.resolve("data.db") + "?busy_timeout=60000";
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.execute("pragma journal_mode=wal");
      statement.execute("create table numbers (n integer primary key)");
    }
    run(() -> {
      Chan<Connection> pool = Chan.buffered(3);
      for (int i = 0; i < 3; i++) {
        pool.send(DriverManager.getConnection(url));
      }
      WaitGroup group = new WaitGroup();
      for (int i = 0; i < 60; i++) {
        int mine = i;
        group.go(() -> {
          Connection connection = pool.receive();
          try (var insert = connection.prepareStatement("insert into numbers values (?)")) {
            insert.setInt(1, mine);
            insert.executeUpdate();
          } finally {
            pool.send(connection);
          }
        });
      }
      group.await();
      pool.close();
      for (Connection connection : pool) {
        connection.close();
      }
    });
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement();
        ResultSet sum = statement.executeQuery("select count(*), sum(n) from numbers")) {
      assertTrue(sum.next());
      assertEquals(60, sum.getInt(1));
      assertEquals(1_770, sum.getInt(2));
    }
  }
}
