package io.heddle.orders.api;

import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PublicNamesTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "example.com",
        "*.example.com",
        "a.b.example.co.uk",
        "example.co.uk",
        "someone.github.io",
        "github.io", // a suffix of a company's, which has registered it
        "xn--strae-oqa.de",
        "www.ck", // an exception to *.ck
        "xn--85x722f.xn--55qx5d.cn"
      })
  void aNameBelowAPublicSuffixIsCertified(String name) {
    assertNull(PublicNames.problem(name));
  }

  @ParameterizedTest
  @ValueSource(strings = {"co.uk", "*.co.uk", "*.com", "example.ck", "xn--55qx5d.cn"})
  void aPublicSuffixIsNot(String name) {
    String problem = PublicNames.problem(name);
    assertTrue(problem.contains("is a public suffix"), problem);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a.test",
        "www.example",
        "printer.local",
        "a.localhost",
        "db.internal",
        "a.invalid",
        "a.alt",
        "router.lan",
        "router.home.arpa.lan"
      })
  void aNameForSpecialUseIsNot(String name) {
    String problem = PublicNames.problem(name);
    assertTrue(problem.contains("is not below a public suffix"), problem);
  }

  @ParameterizedTest
  @ValueSource(strings = {"abc.onion", "*.abc.onion"})
  void anOnionServiceIsNot(String name) {
    assertTrue(PublicNames.problem(name).contains("onion"));
  }
}
