package io.heddle.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;

/**
 * What the process is given and what it prints, in UTF-8 whatever the locale is.
 *
 * <p>The JVM decodes arguments and environment variables before {@code main} begins, by the
 * locale's encoding. In a locale that is not installed, as after {@code ssh} to a minimal host,
 * that is ASCII, and all other bytes become U+FFFD: two keys can become one pattern. Linux has the
 * bytes in {@code /proc}; where they are not to be had, what may not be what was given is rejected.
 */
final class Utf8 {
  private static final Path PROCESS = Path.of("/proc/self");
  private static final char REPLACEMENT = '\ufffd';
  private static final int ASCII_END = 0x80;

  /** The encoding of arguments, environment variables and the names of files. */
  private static final String SYSTEM = System.getProperty("sun.jnu.encoding", "");

  private Utf8() {}

  /** Has standard output and standard error print UTF-8. */
  static void setStreams() {
    System.setOut(new PrintStream(new FileOutputStream(FileDescriptor.out), true, UTF_8));
    System.setErr(new PrintStream(new FileOutputStream(FileDescriptor.err), true, UTF_8));
  }

  /**
   * The arguments as they were given.
   *
   * @param decoded what the JVM made of them
   * @throws IllegalArgumentException if one is no UTF-8, or cannot be known
   */
  static String[] arguments(String[] decoded) {
    return arguments(decoded, entries("cmdline"), SYSTEM);
  }

  static String[] arguments(String[] decoded, List<byte[]> command, String encoding) {
    int first = command.size() - decoded.length; // before that are the JVM's own
    String[] given = new String[decoded.length];
    for (int i = 0; i < decoded.length; i++) {
      byte[] bytes = first <= 0 ? null : command.get(first + i);
      if (bytes != null && new String(bytes, charset(encoding)).equals(decoded[i])) {
        given[i] = strictly(bytes, i + 1);
      } else if (decoded[i].indexOf(REPLACEMENT) < 0
          && (isUtf8(encoding) || decoded[i].chars().allMatch(c -> c < ASCII_END))) {
        given[i] = decoded[i];
      } else {
        throw new IllegalArgumentException(
            "argument "
                + (i + 1)
                + " is not ASCII, and the encoding of this locale is "
                + encoding
                + ": set LC_ALL to a locale with UTF-8 that is installed, such as C.UTF-8");
      }
    }
    return given;
  }

  private static String strictly(byte[] bytes, int number) {
    try {
      return UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(
          "argument " + number + " is no text in UTF-8; --keys-from takes any keys", e);
    }
  }

  private static boolean isUtf8(String encoding) {
    return charset(encoding).equals(UTF_8);
  }

  private static Charset charset(String name) {
    try {
      return Charset.forName(name);
    } catch (IllegalArgumentException e) {
      return Charset.defaultCharset();
    }
  }

  /** The environment variables. What is no UTF-8 in one is U+FFFD. */
  static Map<String, String> environment() {
    Map<String, String> variables = new HashMap<>();
    for (byte[] entry : entries("environ")) {
      String text = new String(entry, UTF_8);
      int equals = text.indexOf('=', 1);
      if (equals > 0) {
        variables.putIfAbsent(text.substring(0, equals), text.substring(equals + 1));
      }
    }
    return variables.isEmpty() ? Map.copyOf(System.getenv()) : variables;
  }

  /**
   * What a file of {@code /proc} has, each with a NUL after it; nothing if there is no such file.
   */
  private static List<byte[]> entries(String name) {
    List<byte[]> entries = new ArrayList<>();
    try {
      byte[] all = Files.readAllBytes(PROCESS.resolve(name));
      int start = 0;
      for (int i = 0; i < all.length; i++) {
        if (all[i] == 0) {
          entries.add(Arrays.copyOfRange(all, start, i));
          start = i + 1;
        }
      }
    } catch (IOException e) {
      entries.clear();
    }
    return entries;
  }

  /** Reads the name of a file; the JVM cannot open each by its name in each locale. */
  static Path path(String name) {
    try {
      Path path = Path.of(name);
      boolean isRelative = !path.isAbsolute() && !name.isEmpty() && !name.equals("-");
      if (isRelative && !Files.isDirectory(Path.of("").toAbsolutePath())) {
        throw unnameable("the folder that '" + name + "' is relative to has no name");
      }
      return path;
    } catch (InvalidPathException e) {
      throw unnameable("'" + name + "' is no name for a file, or none");
    }
  }

  private static CommandLine.TypeConversionException unnameable(String what) {
    return new CommandLine.TypeConversionException(
        what
            + " in this locale, whose encoding is "
            + SYSTEM
            + ": set LC_ALL to a locale with UTF-8 that is installed, such as C.UTF-8");
  }
}
