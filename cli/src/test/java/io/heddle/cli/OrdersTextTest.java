package io.heddle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.time.Instant;
import org.junit.jupiter.api.Test;

final class OrdersTextTest {
  private static final String CHECKING =
      """
      {"id": "7", "state": "checking", "customer": "anna", "waiting_for": "customer",
       "domains": ["www.example.com", "a-rather-long-name.example.com", "example.com"],
       "created": "2026-12-02T00:00:00Z", "changed": "2026-12-02T03:59:00Z",
       "next_attempt": "2026-12-02T04:05:00.5Z", "attempts": 2, "expires": "2026-12-09T00:00:00Z",
       "problem": {"type": "t", "title": "Not ready", "detail": "no file\\u001b[2J at www"},
       "authorizations": [
         {"domain": "www.example.com", "status": "pending",
          "check": {"verdict": "NOT_YET", "summary": "404", "at": "2026-12-02T03:59:00Z", "trace": "GET\\n404"},
          "challenges": [
            {"type": "http-01", "token": "t", "key_authorization": "t.k", "url": "http://www.example.com/t", "content": "t.k"},
            {"type": "dns-01", "token": "t", "key_authorization": "t.k", "record": "_acme-challenge.www.example.com", "value": "v"}]},
         {"domain": "example.com", "status": "valid", "challenges": []}]}
      """;

  private final OrdersText text = new OrdersText(Instant.parse("2026-12-02T04:00:00Z"));

  private static JsonObject json(String text) {
    return JsonParser.parseString(text).getAsJsonObject();
  }

  @Test
  void theNextStepsComeFirst() {
    assertEquals(
        """
        Order 7 is checking, and waits for the customer.

        Next steps
          www.example.com: do one of these
            http-01
                at     http://www.example.com/t
                serve  t.k
            dns-01
                name   _acme-challenge.www.example.com
                TXT    v
          The service then continues by itself, in 5 min.

        Problem
          Not ready
          no file\\u001b[2J at www

        Last check
          www.example.com: not yet, 60 s ago
            404

        Order
          Domains      www.example.com, a-rather-long-name.example.com, example.com
          Customer     anna
          Submitted    2026-12-02T00:00:00Z (4 h ago)
          Changed      2026-12-02T03:59:00Z (60 s ago)
          Attempts     2
          Expires      2026-12-09T00:00:00Z (in 6 days)
        """,
        text.status(json(CHECKING), false));
    assertEquals(
        "    GET\n    404\n",
        text.status(json(CHECKING), true)
            .replaceFirst("(?s).*60 s ago\n(    GET)", "$1")
            .substring(0, 16));
  }

  @Test
  void aListHasColumnsAndTheWidthOfItsWidestCells() {
    OrdersText.Columns columns = OrdersText.orders();
    assertEquals("", columns.print());
    columns.add(text.row(json(CHECKING)));
    assertEquals(
        """
        ID  STATE     CUSTOMER  DOMAINS             CHANGED   NEXT      WAITS FOR  WHY
        7   checking  anna      www.example.com +2  60 s ago  in 5 min  customer   no file\\u001b[2J at www
        """,
        columns.print());
    columns.add(
        text.row(
            json(
                """
                {"id": "8", "state": "issued", "customer": "b", "domains": ["a.b"],
                 "changed": "2026-12-02T04:00:00Z", "not_after": "2027-01-31T04:00:00Z"}
                """)));
    assertEquals(
        "8   issued    b         a.b                 now       -         -          expires in 60 days\n",
        columns.print());
  }

  @Test
  void ordersThatHaveEndedSayWhatIsNext() {
    String dead =
        text.status(
            json(
                """
                {"id": "9", "state": "dead", "customer": "b", "domains": ["a.b"], "attempts": 40,
                 "created": "2026-12-02T00:00:00Z", "changed": "2026-12-02T04:00:00Z",
                 "authorizations": []}
                """),
            false);
    assertEquals(
        "Order 9 is dead.\n\nNext steps\n  Solve the problem, then run: heddle orders dead replay 9\n",
        dead.substring(0, dead.indexOf("\nOrder\n")));
    assertFalse(dead.contains("Expires"), dead);
  }

  @Test
  void aHistoryIsInColumns() {
    assertEquals(
        """
        WHEN                  EVENT                        WHO         NEXT                  WHY
        2026-12-02T00:00:00Z  submitted                    anna (::1)  -
        2026-12-02T00:00:01Z  submitted -> checking        -           2026-12-02T00:00:01Z
        2026-12-02T00:00:02Z  checking: retried (3 times)  -           -                     404
        """,
        text.history(
            json(
                """
                {"events": [
                  {"event": "submitted", "at": "2026-12-02T00:00:00Z", "by": "anna", "client": "::1"},
                  {"event": "moved", "at": "2026-12-02T00:00:01.5Z", "state": "submitted", "to": "checking", "next_attempt": "2026-12-02T00:00:01.5Z"},
                  {"event": "retried", "at": "2026-12-02T00:00:02Z", "state": "checking", "count": 3, "reason": "404"}]}
                """)));
  }
}
