package io.heddle.remote;

import java.util.Objects;

/**
 * Converts values to text and back. All processes that use a channel need codecs that understand
 * each other.
 *
 * {@snippet :
 * Codec<Job> codec = Codec.of(gson::toJson, text -> gson.fromJson(text, Job.class));
 * }
 *
 * <p>A codec is called by many goroutines at the same time.
 *
 * @param <T> the values, never null
 */
public interface Codec<T> {
  /**
   * Converts a value to text.
   *
   * @param value the value
   * @return any text without the character U+0000, which PostgreSQL does not store
   * @throws Exception if that is impossible; the send throws {@link IllegalArgumentException}
   */
  String encode(T value) throws Exception;

  /**
   * Converts text to a value.
   *
   * @param text the text, which may come from any process that has access to the channel
   * @return the value, not null
   * @throws Exception if that is impossible; the message becomes a {@linkplain DeadLetters dead
   *     letter} and is not delivered. A {@link StackOverflowError} has the same effect
   */
  T decode(String text) throws Exception;

  /**
   * A codec for text, which it does not change.
   *
   * @return the codec
   */
  static Codec<String> text() {
    return of(text -> text, text -> text);
  }

  /**
   * Makes a codec of two functions.
   *
   * @param <T> the values
   * @param encode converts a value to text
   * @param decode converts text to a value
   * @return the codec
   */
  static <T> Codec<T> of(
      Conversion<? super T, String> encode, Conversion<String, ? extends T> decode) {
    Objects.requireNonNull(encode, "encode");
    Objects.requireNonNull(decode, "decode");
    return new Codec<>() {
      @Override
      public String encode(T value) throws Exception {
        return encode.convert(value);
      }

      @Override
      public T decode(String text) throws Exception {
        return decode.convert(text);
      }
    };
  }

  /**
   * A conversion that may fail.
   *
   * @param <A> the argument
   * @param <B> the result
   */
  @FunctionalInterface
  interface Conversion<A, B> {
    /**
     * Converts.
     *
     * @param from the argument
     * @return the result, not null
     * @throws Exception if that is impossible
     */
    B convert(A from) throws Exception;
  }
}
