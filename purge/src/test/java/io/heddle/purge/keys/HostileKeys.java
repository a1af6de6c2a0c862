package io.heddle.purge.keys;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonPrimitive;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * Names of keys that could be taken for others: each is here together with what a tool that is
 * careless about line ends, quotes, white space or encodings would make of it.
 */
public final class HostileKeys {
  private HostileKeys() {}

  private static final List<String> SEEDS =
      List.of(
          "plain",
          "a\nb",
          "a\r\nb",
          "a\rb",
          "\n",
          "tab\tinside",
          "\ttab first",
          " blank first",
          "blank last ",
          " ",
          "\u00a0no break",
          "\u3000ideographic",
          "\"quoted\"",
          "\"half",
          "half\"",
          "'single'",
          "back\\slash",
          "back\\nslash",
          "\\",
          "\\\\",
          "\"a\\nb\"",
          "\"\\u0041\"",
          "{\"key\":\"plain\"}",
          "{\"event\":\"start\"}",
          "{",
          "[1]",
          "#comment",
          "-",
          "--all",
          "\u001b[31mred\u001b[0m",
          "\u001b]0;title\u0007",
          "\u009b31m",
          "bell\u0007",
          "\u007f",
          "nul\0inside",
          "\0",
          "\ufeffmark first",
          "\ufeff",
          "k\u00f6:1",
          "k?:1",
          "k??:1",
          "k\ufffd:1",
          "k\ufffd\ufffd:1",
          "\u00e9",
          "e\u0301",
          "\u212b",
          "\u202egnp.exe",
          "zero\u200bwidth",
          "family \ud83d\udc68\u200d\ud83d\udc69",
          "\ud83d\ude00",
          "tag \udb40\udc41",
          "line\u2028separator",
          "\u2029",
          "*",
          "?",
          "[a-z]",
          "a*",
          "{tag}key",
          "..a",
          "a/../b",
          "../plain",
          "..",
          ".",
          "%",
          "%2e%2e",
          "%00",
          "+",
          "a b",
          "a+b",
          "a%20b",
          "a;b",
          "a#b",
          "$KV",
          "x".repeat(1024),
          "x".repeat(5000),
          "\u00f6".repeat(512));

  private static final List<byte[]> BYTES =
      List.of(
          new byte[] {(byte) 0xff},
          new byte[] {'k', (byte) 0xf6, ':', '1'},
          new byte[] {'k', (byte) 0xc3},
          new byte[] {(byte) 0xc3, '\n', (byte) 0xb6},
          new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0x80}, // U+D800 as UTF-8 must not be
          new byte[] {(byte) 0xed, (byte) 0xb2, (byte) 0x80}, // U+DC80 likewise
          new byte[] {(byte) 0xc0, (byte) 0x80}, // NUL, too long
          new byte[] {(byte) 0xf0, (byte) 0x9f, (byte) 0x98},
          new byte[] {(byte) 0x80, (byte) 0xbf},
          new byte[] {'"', (byte) 0xff, '"'},
          new byte[] {(byte) 0xfe, (byte) 0xff, 0, 'a'});

  /** Keys of any bytes, an empty one among them. */
  public static List<byte[]> bytes(long seed) {
    Set<String> all = new LinkedHashSet<>();
    for (String key : text(seed)) {
      all.add(new String(key.getBytes(UTF_8), ISO_8859_1));
    }
    Random random = new Random(seed);
    List<byte[]> more = new ArrayList<>(BYTES);
    for (int i = 0; i < 50; i++) {
      byte[] bytes = new byte[1 + random.nextInt(8)];
      random.nextBytes(bytes);
      more.add(bytes);
    }
    for (byte[] key : more) {
      all.add(new String(key, ISO_8859_1));
      // and what becomes of it when it is decoded and encoded without care
      for (String careless :
          List.of(
              new String(key, UTF_8),
              new String(key, UTF_8).replace('\ufffd', '?'),
              new String(key, ISO_8859_1),
              KeyLine.of(KeyBytes.text(key)),
              Base64.getEncoder().encodeToString(key))) {
        all.add(new String(careless.getBytes(UTF_8), ISO_8859_1));
      }
    }
    return all.stream().map(key -> key.getBytes(ISO_8859_1)).toList();
  }

  /** Keys that are text, an empty one among them. */
  public static List<String> text(long seed) {
    Random random = new Random(seed);
    List<String> seeds = new ArrayList<>(SEEDS);
    for (int i = 0; i < 50; i++) {
      StringBuilder key = new StringBuilder();
      for (int length = random.nextInt(8); length >= 0; length--) {
        key.append(
            SEEDS.get(random.nextInt(70)).codePoints().findFirst().stream()
                .collect(
                    StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append));
      }
      seeds.add(key.toString());
    }
    Set<String> all = new LinkedHashSet<>(Set.of(""));
    for (String key : seeds) {
      all.add(key);
      all.add(KeyLine.of(key));
      all.add(KeyLine.quoted(key));
      all.add(new JsonPrimitive(key).toString());
      all.add(key.strip());
      all.add(key + "\r");
      all.add(key + " ");
      all.add(key.replace("\\", ""));
      all.add(key.replace("\"", ""));
      all.add(key.replaceAll("[^\\x00-\\x7f]", "?"));
      all.add(key.replaceAll("[^\\x00-\\x7f]", "\ufffd"));
      all.add(key.replaceAll("\\p{C}", ""));
      all.add(new String(key.getBytes(UTF_8), ISO_8859_1));
      all.add(Normalizer.normalize(key, Normalizer.Form.NFC));
      all.add(Normalizer.normalize(key, Normalizer.Form.NFD));
      all.addAll(List.of(key.split("[\\r\\n\\x00]", -1)));
    }
    return List.copyOf(all);
  }
}
