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
 * The input and output of the process in UTF-8, whatever the locale.
 *
 * <p>The JVM decodes arguments and environment variables before {@code main} begins, with the
 * locale's encoding. If the locale is not installed, as after {@code ssh} to a minimal host, that
 * is ASCII, and all other bytes become U+FFFD: two keys can become the same pattern. Linux has the
 * original bytes in {@code /proc}. Where they are not available, text that may have been changed is
 * rejected.
 */
final class Utf8 {
  private static final Path PROCESS = Path.of("/proc/self");
  private static final char REPLACEMENT = '\ufffd';
  private static final int ASCII_END = 0x80;

  /** The encoding of arguments, environment variables and the names of files. */
  private static final String SYSTEM = System.getProperty("sun.jnu.encoding", "");

  private Utf8() {}

  /** Makes standard output and standard error print UTF-8. */
  static void setStreams() {
    System.setOut(new PrintStream(new FileOutputStream(FileDescriptor.out), true, UTF_8));
    System.setErr(new PrintStream(new FileOutputStream(FileDescriptor.err), true, UTF_8));
  }

  /**
   * The original arguments.
   *
   * @param decoded the arguments as the JVM has decoded them
   * @throws IllegalArgumentException if one is not UTF-8, or cannot be determined
   */
  static String[] arguments(String[] decoded) {
    return arguments(decoded, entries("cmdline"), SYSTEM);
  }

  static String[] arguments(String[] decoded, List<byte[]> command, String encoding) {
    int first = command.size() - decoded.length; // the JVM's own arguments come first
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
          "argument " + number + " is not UTF-8; --keys-from takes any keys", e);
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

  /** The environment variables. Bytes that are not UTF-8 become U+FFFD. */
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
   * The entries of a file in {@code /proc}, each of which ends with a NUL; empty if there is no
   * file.
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

  /** Converts a file's name; the JVM cannot open every name in every locale. */
  static Path path(String name) {
    try {
      Path path = Path.of(name);
      boolean isRelative = !path.isAbsolute() && !name.isEmpty() && !name.equals("-");
      if (isRelative && !Files.isDirectory(Path.of("").toAbsolutePath())) {
        throw unnameable("the folder that '" + name + "' is relative to has no name");
      }
      return path;
    } catch (InvalidPathException e) {
      throw unnameable("'" + name + "' cannot be the name of a file");
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
