package io.heddle.preflight;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URL;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Names from customers lead to no forbidden address. */
@Tag("system")
final class NetworkBoundaryTest {
  private static final Set<String> RESOLVING =
      Set.of("getByName", "getAllByName", "getLocalHost", "getCanonicalHostName", "getHostName");

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.heddle.preflight");

  @Test
  void onlyTheNetworkOpensSockets() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName(Network.class.getName())
        .should()
        .callConstructorWhere(
            target(
                describe(
                    "a socket",
                    target ->
                        target.getOwner().isAssignableTo(Socket.class)
                            || target.getOwner().isAssignableTo(DatagramSocket.class))))
        .orShould()
        .callMethod(Socket.class, "connect", java.net.SocketAddress.class)
        .orShould()
        .callMethod(Socket.class, "connect", java.net.SocketAddress.class, int.class)
        .check(CLASSES);
  }

  @Test
  void nobodyHasTheJdkResolveAName() {
    noClasses()
        .should()
        .callMethodWhere(
            target(
                describe(
                    "a method that resolves a name",
                    target ->
                        target.getOwner().isAssignableTo(InetAddress.class)
                            && RESOLVING.contains(target.getName()))))
        .orShould()
        .callConstructor(java.net.InetSocketAddress.class, String.class, int.class)
        .orShould()
        .callConstructor(Socket.class, String.class, int.class)
        .orShould()
        .dependOnClassesThat()
        .belongToAnyOf(URL.class, URI.class)
        .check(CLASSES);
  }
}
