package io.heddle.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import org.junit.jupiter.api.Test;

final class PostgresAddressTest {
  /** It was shown to everybody by {@code ps}. */
  @Test
  void aPasswordNeedNotBeOnTheCommandLine() throws Exception {
    String address =
        PostgresQueue.withPassword("postgresql://anna@one,two:5433/orders?ssl=true", "a b/@:+%");
    PostgresAddress parsed = PostgresAddress.parse(address);
    assertEquals("anna", parsed.properties().getProperty("user"));
    assertEquals("a b/@:+%", parsed.properties().getProperty("password"));
    assertEquals("postgresql://one,two:5433/orders", parsed.name());
    assertEquals("jdbc:postgresql://one,two:5433/orders?ssl=true", parsed.url());
    assertFalse(parsed.name().contains("anna"));
  }

  @Test
  void aPasswordThatIsThereAndAnAddressWithoutAUserStay() {
    for (String address :
        new String[] {
          "postgresql://anna:secret@one/orders", "postgresql://one/orders", "orders.db"
        }) {
      assertEquals(address, PostgresQueue.withPassword(address, "other"));
    }
  }
}
