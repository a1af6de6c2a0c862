package io.heddle.preflight;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which addresses are refused. */
final class AddressPolicyTest {
  private static byte[] bytes(String address) {
    return InetAddress.ofLiteral(address).getAddress();
  }

  private static String refusal(AddressPolicy policy, String address) {
    return policy.refusal(bytes(address));
  }

  @Test
  void theHostOfAzuresMachinesIsNoPublicServer() {
    String refused = refusal(AddressPolicy.PUBLIC, "168.63.129.16");
    assertTrue(refused.contains("Azure"), refused);
    assertNull(refusal(AddressPolicy.PUBLIC, "168.63.129.17"));
  }

  @Test
  void theAddressesOfThisMachineAreRefused() throws Exception {
    AddressPolicy policy =
        AddressPolicy.PUBLIC.without(() -> List.of(bytes("9.9.9.9"), bytes("2620:fe::9")));
    assertEquals("of the machine that checks", refusal(policy, "9.9.9.9"));
    assertEquals("of the machine that checks", refusal(policy, "2620:fe::9"));
    assertNull(refusal(policy, "9.9.9.10"));
    assertNull(refusal(policy.allowing(List.of("9.9.9.9")), "9.9.9.9"), "a site of its own");
    for (InetAddress own :
        NetworkInterface.networkInterfaces().flatMap(NetworkInterface::inetAddresses).toList()) {
      assertNotNull(AddressPolicy.PUBLIC.withoutThisMachine().refusal(own.getAddress()));
    }
  }

  @Test
  void whatIsDeniedIsRefusedEvenIfItIsAllowed() {
    AddressPolicy policy =
        AddressPolicy.PUBLIC
            .denying(List.of("9.9.9.0/24", "10.1.0.0/16", "2620:fe::/48"))
            .allowing(List.of("10.0.0.0/8", "9.9.9.9", "fd00::/8"));
    assertEquals("denied here", refusal(policy, "9.9.9.9"));
    assertEquals("denied here", refusal(policy, "10.1.2.3"));
    assertEquals("denied here", refusal(policy, "2620:fe::1"));
    assertNull(refusal(policy, "10.2.0.1"));
    assertNull(refusal(policy, "fd12::1"));
    assertNull(refusal(policy, "8.8.8.8"));
    assertNotNull(refusal(policy, "192.168.0.1"));
    assertNotNull(refusal(policy, "127.0.0.1"));
    byte[] mapped = new byte[16];
    mapped[10] = mapped[11] = -1;
    System.arraycopy(bytes("10.2.0.1"), 0, mapped, 12, 4);
    assertNotNull(policy.refusal(mapped), "an IPv4 address in another form");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "10.0.0.0/33", "10.0.0.0/-1", "example.org", "10.0.0.0/x", "::/129"})
  void whatIsNoNetworkIsNamed(String network) {
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class, () -> AddressPolicy.PUBLIC.denying(List.of(network)));
    assertTrue(
        refused.getMessage().startsWith("'" + network + "' is not a network"), refused::getMessage);
  }
}
