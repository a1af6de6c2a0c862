package io.heddle.cli;

import io.heddle.orders.files.SafeFiles;
import io.heddle.queue.QueueException;
import io.heddle.queue.SqliteQueue;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Backs up an embedded queue and the keys, while the service runs. */
@Command(
    name = "backup",
    header = "Backs up the queue and the keys, while the service runs.",
    description = {
      "",
      "The queue is copied first, as of one moment, and then the keys and certificates, which include "
          + "those of all orders in the copy. With a queue in PostgreSQL, back the database up with "
          + "pg_dump first, and then the keys with --keys-only.",
      "",
      "To restore, stop the service, replace the folder of --data with the backup, and start the "
          + "service. The backup has private keys: protect it as you protect --data.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  heddle orders backup /backup/orders-2026-12-02 --data /var/lib/heddle-orders",
      "  heddle orders backup keys --keys-only"
    },
    exitCodeList = {
      "0:the backup is complete",
      "2:the command line is wrong, or the backup exists already",
      "3:the queue or a file cannot be read, or the backup cannot be written; an incomplete backup remains"
    })
final class OrdersBackupCommand extends Subcommand {
  private static final int FAILED = 3;
  private static final String QUEUE = "orders.db";

  @Parameters(paramLabel = "FOLDER", description = "Write the backup to this new folder.")
  private Path target = Path.of("");

  @Option(
      names = "--data",
      paramLabel = "FOLDER",
      description = "Back up this folder, the --data of serve (default: ${DEFAULT-VALUE}).")
  private Path data = Path.of("heddle-orders");

  @Option(
      names = "--queue",
      paramLabel = "FILE",
      description =
          "Back up the queue in this file, the --queue of serve (default: orders.db in --data).")
  private @Nullable Path queue;

  @Option(names = "--keys-only", description = "Leave the queue out, which is in PostgreSQL.")
  private boolean isKeysOnly;

  @Override
  public Integer call() {
    if (queue != null && isKeysOnly) {
      return fail(CommandLine.ExitCode.USAGE, "--queue and --keys-only exclude each other");
    }
    if (Files.exists(target)) {
      return fail(CommandLine.ExitCode.USAGE, target + " exists; choose another folder");
    }
    try {
      if (!Files.isDirectory(data)) {
        throw new NoSuchFileException(data.toString());
      }
      data = data.toRealPath(); // systemd's DynamicUser makes it a symbolic link
      Path from = queue == null ? data.resolve(QUEUE) : queue;
      if (!isKeysOnly && !Files.exists(from)) {
        throw new NoSuchFileException(from.toString());
      }
      SafeFiles.folder(target);
      if (!isKeysOnly) {
        SqliteQueue.copy(from, target.resolve(QUEUE));
      }
      copy(from);
    } catch (NoSuchFileException e) {
      return fail(FAILED, "there is no " + e.getMessage());
    } catch (IOException | QueueException e) {
      return fail(FAILED, e.getMessage());
    }
    System.out.println(target);
    System.out.flush();
    return CommandLine.ExitCode.OK;
  }

  /** Copies all files except those of the queue. Files that are deleted meanwhile are left out. */
  private void copy(Path from) throws IOException {
    String own = real(from).toString();
    Path here = target.toRealPath();
    Files.walkFileTree(
        data,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes)
              throws IOException {
            if (folder.toAbsolutePath().normalize().equals(here)) {
              return FileVisitResult.SKIP_SUBTREE;
            }
            SafeFiles.folder(target.resolve(data.relativize(folder)));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            if (!file.toAbsolutePath().normalize().toString().startsWith(own)) {
              try {
                Files.copy(
                    file,
                    target.resolve(data.relativize(file)),
                    StandardCopyOption.COPY_ATTRIBUTES);
              } catch (NoSuchFileException e) {
                // its order has been deleted meanwhile
              }
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException failure)
              throws IOException {
            if (failure instanceof NoSuchFileException) {
              return FileVisitResult.CONTINUE;
            }
            throw failure;
          }
        });
  }

  /** The path below a folder without symbolic links, as the files of {@code data} have it. */
  private static Path real(Path file) throws IOException {
    Path absolute = file.toAbsolutePath();
    Path parent = absolute.getParent();
    return parent == null ? absolute : parent.toRealPath().resolve(absolute.getFileName());
  }
}
