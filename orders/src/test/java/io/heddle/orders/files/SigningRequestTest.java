package io.heddle.orders.files;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringWriter;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.RSAKeyGenParameterSpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is refused here would cost the customer the work of all validations. */
final class SigningRequestTest {
  private static final GeneralName DOMAIN = new GeneralName(GeneralName.dNSName, "a.example.com");

  private static KeyPair ec(String curve) throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec(curve));
    return generator.generateKeyPair();
  }

  private static String pem(String subject, KeyPair key, String algorithm, GeneralName... names)
      throws IOException, OperatorCreationException {
    ExtensionsGenerator extensions = new ExtensionsGenerator();
    extensions.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names));
    PKCS10CertificationRequest request =
        new JcaPKCS10CertificationRequestBuilder(new X500Name(subject), key.getPublic())
            .addAttribute(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, extensions.generate())
            .build(new JcaContentSignerBuilder(algorithm).build(key.getPrivate()));
    StringWriter text = new StringWriter();
    try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
      writer.writeObject(request);
    }
    return text.toString();
  }

  private static String refusal(String pem) throws IOException {
    SigningRequest request = SigningRequest.read(pem);
    return assertThrows(IOException.class, request::check).getMessage();
  }

  @Test
  void theNamesAndTheKeyAreThoseOfTheRequest() throws Exception {
    KeyPair key = ec("secp384r1");
    GeneralName other = new GeneralName(GeneralName.dNSName, "*.B.example.com");
    String pem = pem("CN=A.example.com", key, "SHA384withECDSA", DOMAIN, other);
    SigningRequest request = SigningRequest.read(pem);
    assertEquals(Set.of("a.example.com", "*.b.example.com"), request.check());
    assertEquals(key.getPublic(), request.key());
    assertArrayEquals(request.der(), SigningRequest.read(pem).der());
  }

  @Test
  void whatWeMakeOurselvesIsTaken() throws Exception {
    byte[] der = Keys.request(Keys.generate(), List.of("a.example.com", "b.example.com"));
    StringWriter text = new StringWriter();
    try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
      writer.writeObject(new PKCS10CertificationRequest(der));
    }
    assertEquals(
        Set.of("a.example.com", "b.example.com"), SigningRequest.read(text.toString()).check());
  }

  @Test
  void aKeyOfRsaIsTaken() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2048);
    String pem = pem("CN=a.example.com", generator.generateKeyPair(), "SHA256withRSA", DOMAIN);
    assertEquals(Set.of("a.example.com"), SigningRequest.read(pem).check());
  }

  @ParameterizedTest
  @ValueSource(ints = {2048, 3072, 4096})
  void keysOfRsaHave2048To4096Bits(int bits) throws Exception {
    String refusal = refusalOfRsa(bits); // of the signature, which comes after the key
    assertTrue(refusal.startsWith("the signing request's signature"), refusal);
  }

  @ParameterizedTest
  @ValueSource(ints = {1024, 2047, 2049, 4104, 16_384})
  void otherSizesOfRsaAreRefused(int bits) throws Exception {
    String refusal = refusalOfRsa(bits);
    assertTrue(refusal.contains("RSA with " + bits + " bits; use ECDSA on P-256"), refusal);
  }

  /** For a request whose private key does not exist, because real ones take long to make. */
  private static String refusalOfRsa(int bits) throws Exception {
    BigInteger modulus = BigInteger.ONE.shiftLeft(bits - 1).setBit(0);
    PublicKey key =
        KeyFactory.getInstance("RSA")
            .generatePublic(new RSAPublicKeySpec(modulus, RSAKeyGenParameterSpec.F4));
    KeyPair pair = new KeyPair(key, Keys.generate().getPrivate());
    return refusal(pem("CN=a.example.com", pair, "SHA256withECDSA", DOMAIN));
  }

  @Test
  void ed25519IsRefused() throws Exception {
    KeyPair key = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    String refusal = refusal(pem("CN=a.example.com", key, "Ed25519", DOMAIN));
    assertTrue(refusal.contains("EdDSA"), refusal);
  }

  @Test
  void namesThatAreNoDomainsAreRefused() throws Exception {
    KeyPair key = Keys.generate();
    for (GeneralName name :
        List.of(
            new GeneralName(GeneralName.rfc822Name, "a@example.com"),
            new GeneralName(GeneralName.iPAddress, "192.0.2.1"),
            new GeneralName(GeneralName.uniformResourceIdentifier, "https://a.example.com/"))) {
      String refusal = refusal(pem("CN=a.example.com", key, "SHA256withECDSA", DOMAIN, name));
      assertTrue(refusal.contains("not a DNS name"), refusal);
    }
  }

  @Test
  void theCommonNameHasToBeOneOfTheNames() throws Exception {
    KeyPair key = Keys.generate();
    String refusal = refusal(pem("CN=b.example.com,O=B", key, "SHA256withECDSA", DOMAIN));
    assertTrue(refusal.contains("common name 'b.example.com'"), refusal);
    String without = pem("O=A", key, "SHA256withECDSA", DOMAIN);
    assertEquals(Set.of("a.example.com"), SigningRequest.read(without).check());
  }

  @Test
  void aRequestOfAnotherKeyIsRefused() throws Exception {
    KeyPair forged = new KeyPair(Keys.generate().getPublic(), Keys.generate().getPrivate());
    String refusal = refusal(pem("CN=a.example.com", forged, "SHA256withECDSA", DOMAIN));
    assertEquals("the signing request is not signed with its own key", refusal);
  }

  @Test
  void whatIsNoRequestIsSaidToBeNone() {
    for (String text : Arrays.asList("", "no", "-----BEGIN CERTIFICATE REQUEST-----\nno\n")) {
      assertThrows(IOException.class, () -> SigningRequest.read(text));
    }
  }
}
