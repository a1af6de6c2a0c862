package io.heddle.orders.api;

import io.heddle.orders.telemetry.Log;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;

/**
 * What some files say. They are read again when one of them has changed, so that a change needs no
 * restart. What cannot be used is not: what they said before stays in use.
 *
 * @param <T> what they say
 */
final class WatchedFile<T> {
  private final List<Path> files;
  private final Reader<T> reader;
  private final String event;
  private final Log log;
  private volatile T content;

  /** When the files in use were changed. */
  private List<FileTime> seen;

  /** Why newer files cannot be used; empty if there are none. It is logged once. */
  private String failure = "";

  /** Reads the files, and has what they say be used. */
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
    this.seen = times(); // before the look: what changes after it is read again
    this.content = reader.read();
  }

  /** What they say. */
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
   * Reads the files again if one of them has changed since they were read. After a failure it does
   * so each time: a file may be mended without a newer time, as by {@code chmod}, or written in the
   * same moment in which it was read.
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
