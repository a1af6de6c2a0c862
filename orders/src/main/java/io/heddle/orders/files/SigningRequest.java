package io.heddle.orders.files;

import java.io.IOException;
import java.io.StringReader;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x500.style.IETFUtils;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCSException;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;

/** A customer's signing request (CSR, PKCS #10); the private key stays with the customer. */
public final class SigningRequest {
  private static final int MIN_RSA_BITS = 2048;
  private static final int MAX_RSA_BITS = 4096;

  /** P-256, P-384 and P-521, by their field sizes; no other curve in Java has one of these. */
  private static final Set<Integer> CURVES = Set.of(256, 384, 521);

  private final JcaPKCS10CertificationRequest request;

  private SigningRequest(JcaPKCS10CertificationRequest request) {
    this.request = request;
  }

  /**
   * Reads a signing request. It may still be unacceptable to a CA; see {@link #check}.
   *
   * @param pem the request in PEM
   * @return the request
   * @throws IOException if it is malformed; the message says how
   */
  public static SigningRequest read(String pem) throws IOException {
    try (PEMParser parser = new PEMParser(new StringReader(pem))) {
      if (parser.readObject() instanceof org.bouncycastle.pkcs.PKCS10CertificationRequest request) {
        return new SigningRequest(new JcaPKCS10CertificationRequest(request));
      }
    } catch (RuntimeException e) {
      throw new IOException("not a signing request in PEM", e);
    }
    throw new IOException("not a signing request in PEM");
  }

  /**
   * The request for the CA.
   *
   * @return it in DER
   * @throws IOException if it cannot be encoded
   */
  public byte[] der() throws IOException {
    return request.getEncoded();
  }

  /**
   * The public key for the certificate.
   *
   * @return the public key
   * @throws IOException if its kind is unknown
   */
  public PublicKey key() throws IOException {
    try {
      return request.getPublicKey();
    } catch (GeneralSecurityException e) {
      throw new IOException("the signing request has a key of an unknown kind", e);
    }
  }

  /**
   * Checks that a public CA can accept the request, and returns its names. The CA itself checks the
   * request only after all names have been validated.
   *
   * @return the names in lower case
   * @throws IOException if it is not signed with its key, has a key or a name that the Baseline
   *     Requirements of the CA/Browser Forum forbid, or a common name that is not one of the names;
   *     the message says which
   */
  public Set<String> check() throws IOException {
    try {
      checkKey(); // before the signature, whose verification takes long for an oversized key
      checkSignature();
      Set<String> names = names();
      checkCommonNames(names);
      return names;
    } catch (RuntimeException e) { // its parts are decoded lazily
      throw new IOException("the signing request cannot be read: " + e, e);
    }
  }

  private void checkSignature() throws IOException {
    try {
      if (!request.isSignatureValid(new JcaContentVerifierProviderBuilder().build(key()))) {
        throw new IOException("the signing request is not signed with its own key");
      }
    } catch (OperatorCreationException | PKCSException e) {
      throw new IOException("the signing request's signature cannot be checked: " + e, e);
    }
  }

  private void checkKey() throws IOException {
    String problem =
        switch (key()) {
          case RSAPublicKey rsa -> {
            int bits = rsa.getModulus().bitLength();
            yield bits < MIN_RSA_BITS || bits > MAX_RSA_BITS || bits % 8 != 0
                ? "RSA with " + bits + " bits"
                : null;
          }
          case ECPublicKey ec -> {
            int bits = ec.getParams().getCurve().getField().getFieldSize();
            yield CURVES.contains(bits) ? null : "ECDSA on a curve of " + bits + " bits";
          }
          case PublicKey other -> other.getAlgorithm();
        };
    if (problem != null) {
      throw new IOException(
          "the signing request has a key that no public CA accepts: "
              + problem
              + "; use ECDSA on P-256 or P-384, or RSA with 2048 to 4096 bits");
    }
  }

  private Set<String> names() throws IOException {
    Extensions extensions = request.getRequestedExtensions();
    GeneralNames names =
        extensions == null
            ? null
            : GeneralNames.fromExtensions(extensions, Extension.subjectAlternativeName);
    Set<String> found = new TreeSet<>();
    for (GeneralName name : names == null ? new GeneralName[0] : names.getNames()) {
      if (name.getTagNo() != GeneralName.dNSName) {
        throw new IOException(
            "the signing request has a name that is not a DNS name ("
                + name
                + "); make it for the domains alone");
      }
      found.add(name.getName().toString().toLowerCase(Locale.ROOT));
    }
    return found;
  }

  private void checkCommonNames(Set<String> names) throws IOException {
    for (RDN part : request.getSubject().getRDNs(BCStyle.CN)) {
      String name = IETFUtils.valueToString(part.getFirst().getValue()).toLowerCase(Locale.ROOT);
      if (!names.contains(name)) {
        throw new IOException(
            "the signing request's common name '"
                + name
                + "' is not one of its names (the extension subjectAltName): "
                + names);
      }
    }
  }
}
