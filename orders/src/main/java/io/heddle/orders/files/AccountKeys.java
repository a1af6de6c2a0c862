package io.heddle.orders.files;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The keys of accounts at the CA: the operator's in {@code account.pem}, a customer's in {@code
 * accounts/NAME.pem}. Each is for its owner only, and stays as it is once it is there.
 */
public final class AccountKeys {
  /** The operator's key, by the name of its file. */
  public static final String OPERATOR = "account.pem";

  private static final String PLAIN = "abcdefghijklmnopqrstuvwxyz0123456789-_";

  private static final int LONGEST = 200;

  private final Path folder;

  /** Uses a folder, which is made when it is needed. */
  public AccountKeys(Path folder) {
    this.folder = folder;
  }

  /**
   * The name of the file of a customer's key. No two customers have the same, not even where upper
   * and lower case are one.
   */
  public static String of(String customer) {
    StringBuilder name = new StringBuilder();
    for (byte one : customer.getBytes(UTF_8)) {
      if (PLAIN.indexOf(one) >= 0) {
        name.append((char) one);
      } else {
        name.append('%').append(HexFormat.of().withUpperCase().toHexDigits(one));
      }
    }
    return "accounts/" + (name.length() <= LONGEST ? name : "%%" + digest(customer)) + ".pem";
  }

  /** Where a key is. */
  public Path path(String file) {
    return folder.resolve(file);
  }

  /** A key, which is made if there is none. */
  public KeyPair make(String file) throws IOException {
    return Keys.in(path(file));
  }

  /**
   * A key that is there.
   *
   * @throws java.nio.file.NoSuchFileException if it is not; the message is the file's name
   */
  public KeyPair read(String file) throws IOException {
    return Keys.read(path(file));
  }

  private static String digest(String text) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8));
      return HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
