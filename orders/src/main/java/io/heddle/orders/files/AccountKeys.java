package io.heddle.orders.files;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.HexFormat;
import org.shredzone.acme4j.toolbox.AcmeUtils;

/**
 * The keys of accounts at the CA: the operator's in {@code account.pem}, a customer's in {@code
 * accounts/NAME.pem}. Each file is readable by its owner only, and is never changed.
 */
public final class AccountKeys {
  /** The name of the operator's key file. */
  public static final String OPERATOR = "account.pem";

  private static final String PLAIN = "abcdefghijklmnopqrstuvwxyz0123456789-_";

  private static final int LONGEST = 200;

  private final Path folder;

  /** Uses a folder, which is created on demand. */
  public AccountKeys(Path folder) {
    this.folder = folder;
  }

  /**
   * The name of a customer's key file. No two customers have the same, even where file names ignore
   * case.
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
    String digest = HexFormat.of().formatHex(AcmeUtils.sha256hash(customer));
    return "accounts/" + (name.length() <= LONGEST ? name : "%%" + digest) + ".pem";
  }

  /** The path of a key file. */
  public Path path(String file) {
    return folder.resolve(file);
  }

  /** Reads a key, which is made if it does not exist. */
  public KeyPair make(String file) throws IOException {
    return Keys.in(path(file));
  }

  /**
   * Reads an existing key.
   *
   * @throws java.nio.file.NoSuchFileException if it does not exist; the message is the file's name
   */
  public KeyPair read(String file) throws IOException {
    return Keys.read(path(file));
  }
}
