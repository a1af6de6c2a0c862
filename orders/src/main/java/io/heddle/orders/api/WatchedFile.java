package io.heddle.orders.api;

import io.heddle.orders.telemetry.Log;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;

/**
 * The contents of some files, which are read again when one of them changes, so that a change needs
 * no restart. If the new contents cannot be used, the earlier contents stay in use.
 *
 * @param <T> the type of the contents
 */
final class WatchedFile<T> {
  private final List<Path> files;
  private final Reader<T> reader;
  private final String event;
  private final Log log;
  private volatile T content;

  /** The modification times of the files in use. */
  private List<FileTime> seen;

  /** Why newer files cannot be used; empty if they can. It is logged once. */
  private String failure = "";

  /** Reads the files, and puts their contents to use. */
  interface Reader<T> {
    T read() throws IOException;
  }

  /**
   * Reads files.
   *
   * @param event the beginning of the names of the log's events: {@code tls} logs {@code
   *     tls_reloaded}, and {@code tls_reload_failed}
   * @throws IOException if they cannot be read or used
   */
  WatchedFile(List<Path> files, String event, Log log, Reader<T> reader) throws IOException {
    this.files = List.copyOf(files);
    this.event = event;
    this.log = log;
    this.reader = reader;
    this.seen = times(); // before reading, so that a later change is noticed
    this.content = reader.read();
  }

  /** The contents in use. */
  T content() {
    return content;
  }

  private List<FileTime> times() throws IOException {
    List<FileTime> times = new ArrayList<>();
    for (Path file : files) {
      times.add(Files.getLastModifiedTime(file));
    }
    return times;
  }

  /**
   * Reads the files again if one of them has changed since they were read. After a failure it tries
   * again each time, because a file may be repaired without a newer time, for example by {@code
   * chmod}, or may have been written at the moment at which it was read.
   */
  void reloadIfChanged() {
    try {
      List<FileTime> now = times();
      if (now.equals(seen)) {
        failure = "";
        return;
      }
      content = reader.read();
      seen = now;
      failure = "";
      log.write(event + "_reloaded", "file", files.getFirst());
    } catch (IOException | RuntimeException e) {
      String problem = e.toString();
      if (!problem.equals(failure)) {
        failure = problem;
        log.write(event + "_reload_failed", "file", files.getFirst(), "problem", problem);
      }
    }
  }
}
