package io.heddle.http;

import java.util.Arrays;
import java.util.Map;

/**
 * Where a body ends. What two parties could understand in different ways is refused: by that a
 * request is smuggled past one of them.
 */
sealed interface Framing {
  /** There is no body. */
  Framing NONE = new Fixed(0);

  /** Chunks, up to one that is empty. */
  Framing CHUNKED = new Chunked();

  /** So many bytes. */
  record Fixed(long length) implements Framing {}

  record Chunked() implements Framing {}

  /** Up to the end of the connection. */
  record UntilEnd() implements Framing {}

  /** What the headers of a message say; without a word of it, as told. */
  static Framing of(Map<String, String> headers, long maxBody, Framing otherwise)
      throws HttpException {
    String coding = headers.get("transfer-encoding");
    String length = headers.get("content-length");
    if (coding != null && length != null) {
      throw HttpException.malformed("both Content-Length and Transfer-Encoding");
    }
    if (coding != null) {
      if (!coding.equalsIgnoreCase("chunked")) {
        throw new HttpException(501, "a transfer coding other than chunked");
      }
      return CHUNKED;
    }
    return length == null ? otherwise : new Fixed(number(length, 10, maxBody));
  }

  /** A number of bytes, written in digits and nothing else. */
  static long number(String digits, int radix, long max) throws HttpException {
    long number = 0;
    for (int i = 0; i < digits.length(); i++) {
      int digit = Character.digit(digits.charAt(i), radix);
      if (digit < 0) {
        throw HttpException.malformed("not a length: " + digits);
      }
      number = number > Long.MAX_VALUE / 32 ? number : number * radix + digit; // large enough
    }
    if (digits.isEmpty()) {
      throw HttpException.malformed("not a length: it is empty");
    }
    if (number > max) {
      throw new LimitException(413, "too large a body");
    }
    return number;
  }

  /** Whether the other side will close the connection after this message. */
  static boolean hasClose(Map<String, String> headers) {
    String connection = headers.get("connection");
    return connection != null && isClose(connection);
  }

  /** Whether a header {@code Connection} says so. */
  static boolean isClose(String connection) {
    return Arrays.stream(connection.split(",", -1))
        .anyMatch(option -> option.strip().equalsIgnoreCase("close"));
  }
}
