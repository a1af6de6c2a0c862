package io.heddle.orders.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.TaskGroup;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.PublicKey;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Only files that were forced to disk survive a power failure; the JVM records the calls. */
final class SafeFilesTest {
  @TempDir private Path root;

  private interface Work {
    void run() throws Exception;
  }

  /** The files and folders that were forced to disk. */
  private Set<Path> forced(Work work) throws Exception {
    Path file = root.resolve("forced.jfr");
    try (Recording recording = new Recording()) {
      recording.enable("jdk.FileForce").withThreshold(Duration.ZERO);
      recording.start();
      work.run();
      recording.stop();
      recording.dump(file);
    }
    return RecordingFile.readAllEvents(file).stream()
        .map(event -> Path.of(event.getString("path")))
        .collect(Collectors.toSet());
  }

  private static String permissions(Path path) throws Exception {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  @Test
  void aNewKeyIsOnDiskWithTheNamesOfAllNewFoldersAboveIt() throws Exception {
    CertificateFolder folder = new CertificateFolder(root.resolve("data/certificates"));
    Set<Path> forced = forced(() -> folder.key("one"));
    Path order = root.resolve("data/certificates/one");
    for (Path changed :
        List.of(order, root.resolve("data/certificates"), root.resolve("data"), root)) {
      assertTrue(forced.contains(changed), changed + " not in " + forced);
    }
    assertTrue(
        forced.stream().anyMatch(path -> path.getFileName().toString().startsWith("key.pem.")),
        forced::toString);
    assertEquals("rw-------", permissions(order.resolve("key.pem")));
    for (Path made : List.of(order, order.getParent(), root.resolve("data"))) {
      assertEquals("rwx------", permissions(made));
    }
  }

  /** Who made it may have died before it was on disk. */
  @Test
  void aKeyThatIsThereIsForcedAllTheSame() throws Exception {
    CertificateFolder folder = new CertificateFolder(root.resolve("certificates"));
    folder.key("one");
    Set<Path> forced = forced(() -> folder.key("one"));
    assertTrue(forced.contains(root.resolve("certificates/one")), forced::toString);
    assertTrue(forced.contains(root.resolve("certificates")), forced::toString);
  }

  @Test
  void aKeyIsMadeOnceAndNeverForACertificateThatIsThere() throws Exception {
    CertificateFolder folder = new CertificateFolder(root.resolve("certificates"));
    Path file = root.resolve("certificates/one/key.pem");
    NoSuchFileException gone =
        assertThrows(NoSuchFileException.class, () -> folder.existingKey("one"));
    assertEquals(file.toString(), gone.getMessage());
    assertFalse(Files.exists(root.resolve("certificates")));
    assertEquals(folder.key("one").getPublic(), folder.key("one").getPublic());
    assertEquals(folder.key("one").getPublic(), folder.existingKey("one").getPublic());
  }

  /** A killed process used to leave temporary files behind. */
  @Test
  void whatAKillLeavesBehindIsRemovedHoweverManyWriteAtTheSameTime() throws Exception {
    CertificateFolder folder = new CertificateFolder(root.resolve("certificates"));
    Path order = SafeFiles.folder(root.resolve("certificates/one"));
    for (int round = 0; round < 20; round++) {
      Files.deleteIfExists(order.resolve("key.pem"));
      Files.writeString(order.resolve("key.pem.1234.tmp"), "half a k");
      Files.writeString(order.resolve("chain.pem.1234.tmp"), "half a c");
      Set<PublicKey> keys = ConcurrentHashMap.newKeySet();
      try (TaskGroup<Void> writers = new TaskGroup<>()) {
        for (int i = 0; i < 6; i++) {
          writers.go(() -> {
            keys.add(folder.key("one").getPublic());
            folder.write("one", "the chain");
          });
        }
        writers.await();
      }
      assertEquals(1, keys.size());
      assertEquals(Set.of("key.pem", "chain.pem"), names(order));
      assertEquals("the chain", Files.readString(order.resolve("chain.pem")));
    }
    folder.delete("one");
    folder.delete("one");
    assertFalse(Files.exists(order));
  }

  private static Set<String> names(Path folder) throws Exception {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).collect(Collectors.toSet());
    }
  }

  @Test
  void aFileWhereAFolderHasToBeIsNamed() throws Exception {
    Path file = Files.writeString(root.resolve("data"), "a letter");
    assertThrows(FileAlreadyExistsException.class, () -> SafeFiles.folder(file));
  }
}
