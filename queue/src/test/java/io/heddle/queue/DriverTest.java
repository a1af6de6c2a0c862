package io.heddle.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A class path that lacks a driver. */
final class DriverTest {
  @TempDir private Path folder;

  @Test
  void aFileNeedsTheDriverOfSqlite() throws Exception {
    Path file = folder.resolve("jobs.db");
    assertEquals(
        "the queue "
            + file
            + " needs the driver of SQLite, which is not on the class path. Add"
            + " org.xerial:sqlite-jdbc",
        failureOf(file.toString(), "sqlite-jdbc"));
    assertFalse(Files.exists(file));
  }

  @Test
  void aDatabaseNeedsTheDriverOfPostgresAndThePasswordStaysSecret() throws Exception {
    assertEquals(
        "the queue postgresql://db.example.com/jobs needs the driver of PostgreSQL, which is not on"
            + " the class path. Add org.postgresql:postgresql",
        failureOf("postgresql://user:secret@db.example.com/jobs", "postgresql"));
  }

  @Test
  void aFileNeedsNoOtherDriver() throws Exception {
    try (URLClassLoader loader = loaderWithout("postgresql");
        AutoCloseable queue = (AutoCloseable) open(loader, folder.resolve("jobs.db").toString())) {
      assertEquals("SqliteQueue", queue.getClass().getSimpleName());
    }
  }

  private static String failureOf(String address, String missing) throws Exception {
    try (URLClassLoader loader = loaderWithout(missing)) {
      Throwable failure =
          assertThrows(InvocationTargetException.class, () -> open(loader, address)).getCause();
      assertEquals(QueueException.class.getName(), failure.getClass().getName());
      return failure.getMessage();
    }
  }

  private static Object open(ClassLoader loader, String address) throws Exception {
    return loader
        .loadClass(Queues.class.getName())
        .getMethod("open", String.class, int.class)
        .invoke(null, address, 1);
  }

  /** Loads the classes of this class path again, but not those of one jar. */
  private static URLClassLoader loaderWithout(String jar) throws Exception {
    var places = new ArrayList<URL>();
    boolean isLeftOut = false;
    for (String place : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      Path path = Path.of(place);
      if (path.getFileName().toString().matches(jar + "-\\d.*\\.jar")) {
        isLeftOut = true;
      } else {
        places.add(path.toUri().toURL());
      }
    }
    assertTrue(isLeftOut, "no " + jar + " on the class path");
    return new URLClassLoader(places.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
  }
}
