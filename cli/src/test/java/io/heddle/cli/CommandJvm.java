package io.heddle.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Starts the command in a JVM of its own, as its script does. The tests start hundreds of JVMs that
 * load the same classes, so one of them first writes an archive of these classes for all others.
 */
final class CommandJvm {
  private static final List<String> FLAGS =
      List.of(
          Path.of(System.getProperty("java.home"), "bin", "java").toString(),
          "--add-opens=java.base/java.lang=ALL-UNNAMED",
          "--enable-native-access=ALL-UNNAMED",
          "-XX:+UseSerialGC",
          "-XX:TieredStopAtLevel=1");

  private static final List<String> START = start();

  private CommandJvm() {}

  /** The command line that runs a class with these tests' class path. */
  static List<String> command(Class<?> main, String... arguments) {
    List<String> command = new ArrayList<>(START);
    command.add(main.getName());
    command.addAll(List.of(arguments));
    return command;
  }

  private static List<String> start() {
    try {
      Path tests =
          Path.of(CommandJvm.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      List<Path> entries =
          Stream.of(System.getProperty("java.class.path").split(":", -1))
              .map(Path::of)
              .filter(entry -> Files.exists(entry) && !entry.equals(tests))
              .toList();
      Path folder = Files.createDirectories(tests.resolveSibling("command"));
      Path archive = folder.resolve("classes.jsa");
      // The JVM archives only classes from jars.
      String jars =
          entries.stream()
              .map(entry -> Files.isDirectory(entry) ? jarOf(entry, entries, folder) : entry)
              .map(Path::toString)
              .collect(Collectors.joining(":"));
      // Several JVMs run test classes at the same time.
      try (FileChannel file =
              FileChannel.open(
                  folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock _ = file.lock()) {
        Path state = folder.resolve("state");
        String now = state(entries);
        if (!Files.exists(state) || !Files.readString(state).equals(now)) {
          for (Path entry : entries) {
            if (Files.isDirectory(entry)) {
              pack(entry, jarOf(entry, entries, folder));
            }
          }
          write(archive, jars);
          Files.writeString(state, now);
        }
      }
      List<String> start = new ArrayList<>(FLAGS);
      start.add("-XX:SharedArchiveFile=" + archive);
      // If the archive does not fit, or could not be written, the JVM loads the classes itself.
      start.addAll(List.of("-Xlog:cds=off", "-Xlog:aot=off", "-cp", jars + ":" + tests));
      return List.copyOf(start);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** A checksum of the names and times of the files on the class path. */
  private static String state(List<Path> entries) throws IOException {
    CRC32 state = new CRC32();
    for (Path entry : entries) {
      try (Stream<Path> files = Files.walk(entry)) {
        for (Path file : files.sorted().toList()) {
          state.update((file + " " + Files.getLastModifiedTime(file)).getBytes(UTF_8));
        }
      }
    }
    return Long.toHexString(state.getValue());
  }

  private static Path jarOf(Path classes, List<Path> entries, Path folder) {
    return folder.resolve(entries.indexOf(classes) + ".jar");
  }

  private static void pack(Path classes, Path jar) throws IOException {
    try (OutputStream file = Files.newOutputStream(jar);
        ZipOutputStream zip = new ZipOutputStream(file);
        Stream<Path> files = Files.walk(classes)) {
      zip.setLevel(0);
      for (Path each : files.filter(Files::isRegularFile).toList()) {
        zip.putNextEntry(new ZipEntry(classes.relativize(each).toString()));
        Files.copy(each, zip);
      }
    }
  }

  private static void write(Path archive, String jars) throws IOException, InterruptedException {
    Files.deleteIfExists(archive);
    List<String> command = new ArrayList<>(FLAGS);
    command.addAll(
        List.of("-XX:ArchiveClassesAtExit=" + archive, "-cp", jars, Main.class.getName(), "train"));
    new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(archive.resolveSibling("log").toFile())
        .redirectInput(Path.of("/dev/null").toFile())
        .start()
        .waitFor();
  }
}
