package io.heddle.orders.files;

import java.io.IOException;
import java.nio.file.Path;
import java.security.KeyPair;

/**
 * The folder for keys and certificates: a folder for each order, with {@code key.pem}, readable by
 * its owner only, and {@code chain.pem}. A key is on disk before it is sent to the CA, so a
 * certificate never lacks its key, whenever the process dies. Workers on several machines must
 * share the folder.
 */
public final class CertificateFolder {
  private final Path root;

  /** Uses a folder, which is created on demand. */
  public CertificateFolder(Path root) {
    this.root = root;
  }

  /** The key of an order's certificate, made at the first call. */
  public KeyPair key(String order) throws IOException {
    return Keys.in(keyFile(order));
  }

  /**
   * The existing key of an order's certificate. If the CA has issued the certificate already,
   * another key would be useless.
   *
   * @throws java.nio.file.NoSuchFileException if it is gone; the message is the file's name
   */
  public KeyPair existingKey(String order) throws IOException {
    return Keys.read(keyFile(order));
  }

  /**
   * Writes a certificate.
   *
   * @param chain the chain in PEM
   */
  public Path write(String order, String chain) throws IOException {
    Path file = SafeFiles.folder(folder(order)).resolve("chain.pem");
    SafeFiles.replace(file, chain);
    return file;
  }

  /** Deletes the key and the certificate of an order. */
  public void delete(String order) throws IOException {
    SafeFiles.delete(folder(order));
  }

  private Path keyFile(String order) {
    return folder(order).resolve("key.pem");
  }

  /** The folder for the key and the certificate of an order, which may not exist. */
  public Path folder(String order) {
    if (!order.matches("[a-z0-9]+")) { // it becomes part of a path
      throw new IllegalArgumentException("not the id of an order: " + order);
    }
    return root.resolve(order);
  }
}
