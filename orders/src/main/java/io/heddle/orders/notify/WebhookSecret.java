package io.heddle.orders.notify;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Signs webhooks as Standard Webhooks specifies: with HMAC-SHA256 of the id, the time and the body.
 * While a secret is being replaced there are two of them, and a signature of each.
 */
public final class WebhookSecret {
  private static final String PREFIX = "whsec_";
  private static final int SHORTEST = 24;
  private static final int LONGEST = 64;

  private final List<byte[]> keys;

  private WebhookSecret(List<byte[]> keys) {
    this.keys = keys;
  }

  /**
   * Reads secrets.
   *
   * @param text one secret a line: {@code whsec_} and 24 to 64 bytes in base64
   * @throws IllegalArgumentException if there is none, or a line is not one; the message does not
   *     show it
   */
  public static WebhookSecret of(String text) {
    List<byte[]> keys = new ArrayList<>();
    for (String line : text.lines().map(String::strip).filter(one -> !one.isEmpty()).toList()) {
      keys.add(key(line));
    }
    if (keys.isEmpty()) {
      throw wrong("there is none");
    }
    return new WebhookSecret(List.copyOf(keys));
  }

  private static byte[] key(String line) {
    if (!line.startsWith(PREFIX)) {
      throw wrong("it does not begin with " + PREFIX);
    }
    byte[] key;
    try {
      key = Base64.getDecoder().decode(line.substring(PREFIX.length()));
    } catch (IllegalArgumentException e) {
      throw wrong("it is not base64");
    }
    if (key.length < SHORTEST || key.length > LONGEST) {
      throw wrong("it has " + key.length + " bytes, and not " + SHORTEST + " to " + LONGEST);
    }
    return key;
  }

  private static IllegalArgumentException wrong(String problem) {
    return new IllegalArgumentException(
        "not a secret: "
            + problem
            + "; make one with: echo "
            + PREFIX
            + "$(openssl rand -base64 32)");
  }

  /**
   * The value of the header {@code webhook-signature}.
   *
   * @param seconds the time in {@code webhook-timestamp}
   */
  String signature(String id, long seconds, String body) {
    byte[] signed = (id + "." + seconds + "." + body).getBytes(UTF_8);
    return keys.stream()
        .map(key -> "v1," + Base64.getEncoder().encodeToString(hmac(key, signed)))
        .collect(Collectors.joining(" "));
  }

  private static byte[] hmac(byte[] key, byte[] signed) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac.doFinal(signed);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has HmacSHA256", e);
    }
  }
}
