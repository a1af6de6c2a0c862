package io.heddle.orders.files;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * Writes files atomically, also in case of a crash, and without ever giving them wider permissions
 * than they have in the end.
 */
public final class SafeFiles {
  private static final boolean IS_POSIX =
      FileSystems.getDefault().supportedFileAttributeViews().contains("posix");

  /** The suffix of files that are being written. */
  private static final String TEMPORARY = ".tmp";

  private SafeFiles() {}

  /**
   * Makes a folder and its parents, accessible by the owner only, unless they exist. Their names
   * are on disk when this returns, also if another process has just made them.
   */
  public static Path folder(Path folder) throws IOException {
    Path parent = parent(folder);
    if (!Files.isDirectory(folder)) {
      if (!Files.isDirectory(parent)) {
        folder(parent);
      }
      try {
        Files.createDirectory(folder, permissions("rwx------"));
      } catch (FileAlreadyExistsException e) {
        if (!Files.isDirectory(folder)) {
          throw e;
        }
      }
    }
    sync(parent);
    return folder;
  }

  /** Whether every user of this machine may add and replace files in a folder. */
  public static boolean isWritableByAnybody(Path folder) throws IOException {
    return IS_POSIX
        && Files.getPosixFilePermissions(folder).contains(PosixFilePermission.OTHERS_WRITE);
  }

  /**
   * Refuses a file with a secret that every user of this machine may read.
   *
   * @param file the file
   * @throws IOException if they may, provided that they can reach its folder; the message says what
   *     to do
   */
  public static void checkSecret(Path file) throws IOException {
    if (IS_POSIX && Files.getPosixFilePermissions(file).contains(PosixFilePermission.OTHERS_READ)) {
      throw new IOException(
          "every user of this machine can read the secrets in "
              + file
              + "; run: chmod o-rwx "
              + file);
    }
  }

  /**
   * Writes a file, readable by its owner only, unless it exists, in which case it is not changed.
   * It is on disk when this returns, also if another process has just written it.
   */
  static void createSecret(Path file, Supplier<String> content) throws IOException {
    folder(parent(file));
    while (!Files.exists(file)) {
      Path written = write(file, content.get(), "rw-------");
      try {
        // Unlike a move, a link does not replace a file that another process has just written.
        Files.createLink(file, written);
      } catch (FileAlreadyExistsException e) {
        // the other process's file serves as well
      } catch (NoSuchFileException e) {
        // another process removed it as a leftover, and has created the file
      } finally {
        Files.deleteIfExists(written);
      }
    }
    removeLeftovers(file);
    sync(parent(file));
  }

  /** Writes a file that others may read, replacing an existing one. */
  static void replace(Path file, String content) throws IOException {
    boolean isWritten = false;
    while (!isWritten) {
      try {
        Files.move(
            write(file, content, "rw-r--r--"),
            file,
            StandardCopyOption.ATOMIC_MOVE,
            StandardCopyOption.REPLACE_EXISTING);
        isWritten = true;
      } catch (NoSuchFileException e) {
        // another process removed it as a leftover, and has written the file
      }
    }
    removeLeftovers(file);
    sync(parent(file));
  }

  /**
   * Removes the temporary files of processes that were killed while they wrote a file. A process
   * that is still writing it starts again.
   */
  private static void removeLeftovers(Path file) throws IOException {
    try (DirectoryStream<Path> leftovers =
        Files.newDirectoryStream(
            parent(file),
            other -> {
              String name = other.getFileName().toString();
              return name.startsWith(file.getFileName() + ".") && name.endsWith(TEMPORARY);
            })) {
      for (Path one : leftovers) {
        Files.deleteIfExists(one);
      }
    }
  }

  /** Deletes a folder and its files, if it exists. */
  static void delete(Path folder) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path one : files) {
        Files.deleteIfExists(one);
      }
    } catch (NoSuchFileException e) {
      return;
    }
    Files.deleteIfExists(folder);
    sync(parent(folder));
  }

  private static Path write(Path file, String content, String permissions) throws IOException {
    Path temporary = file.resolveSibling(file.getFileName() + "." + UUID.randomUUID() + TEMPORARY);
    try (FileChannel channel =
        FileChannel.open(
            temporary,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            permissions(permissions))) {
      ByteBuffer bytes = ByteBuffer.wrap(content.getBytes(UTF_8));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
      return temporary;
    } catch (IOException e) {
      Files.deleteIfExists(temporary);
      throw e;
    }
  }

  private static Path parent(Path file) {
    Path parent = file.toAbsolutePath().getParent();
    return parent == null ? file : parent;
  }

  /**
   * Forces a folder to disk, since the name of a new file is not on disk before. A folder that
   * cannot be read cannot be forced; this process did not create it.
   */
  private static void sync(Path folder) throws IOException {
    if (IS_POSIX && Files.isReadable(folder)) {
      try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }

  private static FileAttribute<?>[] permissions(String text) {
    if (!IS_POSIX) {
      return new FileAttribute<?>[0];
    }
    Set<PosixFilePermission> set = PosixFilePermissions.fromString(text);
    return new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(set)};
  }
}
