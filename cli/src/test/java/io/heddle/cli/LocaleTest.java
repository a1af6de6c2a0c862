package io.heddle.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.local.kv.Faults;
import io.heddle.local.kv.KvServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The command as it is started without its script, by {@code java} itself, in locales that are not
 * installed or have no UTF-8. A shell makes the bytes of the arguments, as the locale of this JVM
 * is not to matter either.
 */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class LocaleTest {
  private static final String NOT_INSTALLED = "LANG=en_US.UTF-8";
  private static final String POSIX = "LC_ALL=POSIX";
  private static final String NONE = "NONE=";
  private static final String UTF8 = "LC_ALL=C.UTF-8";

  /** What careless decoding makes of the first. */
  private static final Set<String> KEYS =
      Set.of(
          "k\u00f6:1", "k?:1", "k??:1", "k\ufffd:1", "k\ufffd\ufffd:1", "k\u00c3\u00b6:1", "k:1");

  @TempDir private Path folder;
  private KvServer server;
  private String id;

  /** What the shell does first. */
  private String place = "";

  /** Of standard output each byte is a character, as no encoding is certain. */
  private record Result(int status, String out, String err) {}

  @BeforeEach
  void start() throws Exception {
    server = KvServer.start(0, new Faults(), "secret");
    id = server.createStore("store", 0);
    for (String key : KEYS) {
      server.put(id, key, new byte[0]);
    }
  }

  @AfterEach
  void stop() {
    server.close();
  }

  /** Octal, so that no encoding but ours is at work. */
  private static String shellWord(byte[] bytes) {
    StringBuilder word = new StringBuilder("\"$(printf '");
    for (byte b : bytes) {
      word.append(String.format(Locale.ROOT, "\\%03o", b & 0xff));
    }
    return word.append("')\"").toString();
  }

  private Result run(String locale, byte[]... arguments) throws Exception {
    return run(Main.class, locale, arguments);
  }

  private Result run(Class<?> main, String locale, byte[]... arguments) throws Exception {
    List<String> words = new ArrayList<>();
    for (byte[] argument : arguments) {
      words.add(shellWord(argument));
    }
    String java =
        CommandJvm.command(main).stream()
            .map(word -> "'" + word + "'")
            .collect(Collectors.joining(" "));
    ProcessBuilder builder =
        new ProcessBuilder(
                "/bin/sh",
                "-c",
                place
                    + "PASSWORD="
                    + shellWord("p\u00f6".getBytes(UTF_8))
                    + "; export PASSWORD; exec "
                    + java
                    + " "
                    + String.join(" ", words))
            .directory(folder.toFile())
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectError(folder.resolve("err").toFile());
    builder.environment().clear();
    builder.environment().put("PATH", "/usr/bin:/bin");
    builder
        .environment()
        .put(locale.substring(0, locale.indexOf('=')), locale.substring(locale.indexOf('=') + 1));
    builder.environment().put("FASTLY_API_ENDPOINT", server.uri().toString());
    builder.environment().put("FASTLY_API_TOKEN", "secret");
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), ISO_8859_1);
    int status = process.waitFor();
    return new Result(status, out, Files.readString(folder.resolve("err"), UTF_8));
  }

  private Result purge(String locale, String... arguments) throws Exception {
    List<String> all = new ArrayList<>(List.of("purge", "fastly:" + id));
    all.addAll(List.of(arguments));
    return run(locale, words(all.toArray(String[]::new)));
  }

  private static byte[][] words(String... texts) {
    return Arrays.stream(texts).map(text -> text.getBytes(UTF_8)).toArray(byte[][]::new);
  }

  private static byte[][] add(byte[][] words, byte[] last) {
    byte[][] all = Arrays.copyOf(words, words.length + 1);
    all[words.length] = last;
    return all;
  }

  private static Set<String> without(String... keys) {
    Set<String> rest = new TreeSet<>(KEYS);
    assertTrue(rest.removeAll(Set.of(keys)));
    return rest;
  }

  private Set<String> left() {
    return new TreeSet<>(server.keys(id));
  }

  @ParameterizedTest
  @ValueSource(strings = {NOT_INSTALLED, POSIX, NONE, UTF8})
  void anExcludedKeyStays(String locale) throws Exception {
    // The server has no keys with a question mark but those that it is given here.
    Result result = purge(locale, "--all", "--exclude", "k\u00f6*", "--exclude", "*[?]*", "--yes");
    assertEquals(0, result.status, result.err);
    assertEquals(Set.of("k\u00f6:1", "k?:1", "k??:1"), left());
  }

  @ParameterizedTest
  @ValueSource(strings = {NOT_INSTALLED, POSIX, NONE, UTF8})
  void aPrefixSelectsWhatItSays(String locale) throws Exception {
    Result result = purge(locale, "--prefix", "k\u00f6", "--yes");
    assertEquals(0, result.status, result.err);
    assertTrue(result.err.contains("deleted 1 key in"), result.err);
    assertEquals(without("k\u00f6:1"), left());
  }

  @ParameterizedTest
  @ValueSource(strings = {NOT_INSTALLED, POSIX, NONE, UTF8})
  void whatADryRunPrintsIsWhatGoes(String locale) throws Exception {
    for (String form : List.of("--quiet", "--json", "--null")) {
      server.put(id, "k\u00f6:1", new byte[0]);
      Result dry = purge(locale, "--match", "k\u00f6*", "--dry-run", form);
      assertEquals(0, dry.status, dry.err);
      byte[] bytes = dry.out.getBytes(ISO_8859_1);
      String printed = new String(bytes, UTF_8);
      assertArrayEquals(printed.getBytes(UTF_8), bytes);
      assertTrue(printed.contains("k\u00f6:1"), printed);
      Files.write(folder.resolve("keys"), bytes);
      String separated = form.equals("--null") ? "--null" : "--verify";
      Result result = purge(locale, "--keys-from", "keys", "--yes", separated);
      assertEquals(0, result.status, result.err);
      assertEquals(without("k\u00f6:1"), left());
    }
  }

  /** The JVM cannot open such a file; nothing else is opened in its place. */
  @ParameterizedTest
  @ValueSource(strings = {NOT_INSTALLED, POSIX, NONE})
  void aFileThatCannotBeNamedIsRefused(String locale) throws Exception {
    for (String option : List.of("--keys-from", "--checkpoint", "--failed-keys")) {
      Result result = purge(locale, "--yes", option, "k\u00f6");
      assertEquals(2, result.status, result.err);
      assertTrue(result.err.contains("'k\u00f6' cannot be the name of a file in"), result.err);
      assertTrue(result.err.contains("set LC_ALL to"), result.err);
      assertEquals(1, result.err.lines().count(), result.err);
    }
    for (String option : List.of("--queue", "--data")) {
      Result orders = run(locale, words("orders", "serve", "--ca", "x", option, "k\u00f6"));
      assertEquals(2, orders.status, orders.err);
      assertTrue(orders.err.contains("'k\u00f6' cannot be the name of a file in"), orders.err);
    }
    assertEquals(KEYS, left());
    try (var files = Files.list(folder)) {
      assertEquals(List.of("err"), files.map(file -> file.getFileName().toString()).toList());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {NOT_INSTALLED, POSIX, NONE, UTF8})
  void filesInAFolderThatCannotBeNamedAreRefused(String locale) throws Exception {
    String name = shellWord("k\u00f6".getBytes(UTF_8));
    place = "mkdir " + name + " && cd " + name + " && echo k:1 >keys && ";
    Result result = purge(locale, "--keys-from", "keys", "--yes");
    if (locale.equals(UTF8)) {
      assertEquals(0, result.status, result.err);
      assertEquals(without("k:1"), left());
    } else {
      assertEquals(2, result.status, result.err);
      assertTrue(
          result.err.contains("the folder that 'keys' is relative to has no name"), result.err);
      assertEquals(KEYS, left());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {NOT_INSTALLED, POSIX, UTF8})
  void whatIsNoUtf8IsRefused(String locale) throws Exception {
    byte[] latin = "k\u00f6*".getBytes(ISO_8859_1);
    Result result = run(locale, add(words("purge", "fastly:" + id, "--yes", "--match"), latin));
    assertEquals(2, result.status, result.err);
    assertTrue(result.err.contains("argument 5 is not UTF-8"), result.err);
    assertEquals(KEYS, left());
  }

  @ParameterizedTest
  @ValueSource(strings = {NOT_INSTALLED, POSIX, NONE, UTF8})
  void otherCommandsAreToldTheSameAndSayItInUtf8(String locale) throws Exception {
    for (String command : List.of("tour", "orders", "k\u00f6")) {
      Result result = run(locale, words(command, "--k\u00f6"));
      assertEquals(2, result.status, result.err);
      assertTrue(result.err.contains("k\u00f6"), result.err);
    }
    Result help = run(locale, words("purge", "--help"));
    assertEquals(0, help.status, help.err);
  }

  @ParameterizedTest
  @ValueSource(strings = {NOT_INSTALLED, POSIX, NONE, UTF8})
  void aVariableIsWhatItWasSetTo(String locale) throws Exception {
    Result result = run(Probe.class, locale);
    assertEquals("[112, 246]", result.out, result.err);
  }

  @Test
  void argumentsAreTheLastOfTheCommandLine() {
    List<byte[]> line = List.of(words("java", "-cp", "x", "Main", "k\u00f6", "", "?"));
    String[] lossy = {"k\ufffd\ufffd", "", "?"};
    assertArrayEquals(
        new String[] {"k\u00f6", "", "?"}, Utf8.arguments(lossy, line, "ANSI_X3.4-1968"));
    assertArrayEquals(
        new String[] {"k\u00f6", "", "?"},
        Utf8.arguments(new String[] {"k\u00f6", "", "?"}, line, "UTF-8"));
    assertArrayEquals(
        new String[] {"k\u00f6"},
        Utf8.arguments(
            new String[] {"k\u00c3\u00b6"}, List.of(words("java", "k\u00f6")), "ISO-8859-1"));
  }

  /** Without the original bytes, the JVM's text is accepted unless it may have been changed. */
  @Test
  void withoutTheBytesWhatIsInDoubtIsRefused() {
    for (List<byte[]> line :
        List.of(List.<byte[]>of(), List.of(words("java", "other")), List.of(words("java")))) {
      assertArrayEquals(
          new String[] {"a?*"}, Utf8.arguments(new String[] {"a?*"}, line, "US-ASCII"));
      assertArrayEquals(
          new String[] {"k\u00f6"}, Utf8.arguments(new String[] {"k\u00f6"}, line, "UTF-8"));
      for (String lossy : List.of("k\ufffd\ufffd", "k\u00c3\u00b6")) {
        assertThrows(
            IllegalArgumentException.class,
            () -> Utf8.arguments(new String[] {lossy}, line, "ISO-8859-1"));
      }
      assertThrows(
          IllegalArgumentException.class,
          () -> Utf8.arguments(new String[] {"k\ufffd"}, line, "UTF-8"));
    }
  }

  /** Prints a variable, letter by letter. */
  static final class Probe {
    public static void main(String[] arguments) {
      System.out.print(Utf8.environment().getOrDefault("PASSWORD", "").chars().boxed().toList());
    }
  }
}
