package io.heddle.queue;

import static io.heddle.queue.QueueContract.HOUR;
import static io.heddle.queue.QueueContract.message;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Searches, the events of messages and the audit log, on both engines. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class SearchTest {
  private static final Note NOTE = new Note("anna", "192.0.2.1", "submitted");

  @TempDir private Path folder;
  private String address = "";

  private Queue open(boolean isShared) throws Exception {
    address = isShared ? PostgresServer.shared().newSchema() : folder.resolve("queue").toString();
    return Queues.open(address, 4);
  }

  private static void publish(Queue queue, String key, String owner, Term... terms)
      throws Exception {
    Hold hold = new Hold("resource of " + key, key, List.of("check"));
    Message message = message("check", key).ownedBy(owner).foundBy(List.of(terms));
    assertTrue(queue.publishWithHold(message, hold, List.of(), NOTE).isNew());
  }

  private static List<String> keys(List<Entry> entries) {
    return entries.stream().map(Entry::key).toList();
  }

  private static List<String> find(Queue queue, Search search) throws Exception {
    return keys(queue.search(search, null, 100).entries());
  }

  /** With the longest owner and key, as an index of PostgreSQL holds 2,700 bytes. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theLongestTermCanBeStored(boolean isShared) throws Exception {
    Random random = new Random(1); // what is random cannot be compressed
    String wide =
        random
            .ints(500, 0x4E00, 0x9FFF)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
    String term =
        random
            .ints(500, '!', '~')
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
    try (Queue queue = open(isShared)) {
      Message message = message("check", wide).ownedBy(wide);
      assertEquals(1, queue.publish(List.of(message.foundBy(List.of(new Term(term, 1))))));
      assertEquals(List.of(wide), find(queue, Search.of(term).in(Filter.ALL.ofOwner(wide))));
    }
    assertThrows(IllegalArgumentException.class, () -> new Term(term + "!", 1));
    assertThrows(IllegalArgumentException.class, () -> new Term(wide, 1), "three bytes each");
    assertThrows(IllegalArgumentException.class, () -> new Term("", 1));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aSearchFindsAMessageInEachStageUntilItIsGone(boolean isShared) throws Exception {
    try (Queue queue = open(isShared)) {
      publish(queue, "a", "anna", new Term("red", 0));
      publish(queue, "b", "bert", new Term("red", 0), new Term("large", 7));
      assertEquals(List.of("a", "b"), find(queue, Search.of("red")));
      Filter bertsDead = Filter.DEAD.ofOwner("bert");
      assertEquals(List.of(), find(queue, Search.of("red").in(bertsDead)));
      List<Delivery> claimed = queue.claim("check", 2, HOUR);
      Message next = message("done", "a").ownedBy("anna").foundBy(List.of(new Term("blue", 0)));
      queue.settle(claimed.getFirst(), Outcome.done(next));
      queue.settle(claimed.getLast(), new Outcome.Dead("no"));
      assertEquals(List.of("a"), find(queue, Search.of("red").in(Filter.ALL.ofStage("done"))));
      assertEquals(List.of("a"), find(queue, Search.of("blue")));
      assertEquals(List.of("b"), find(queue, Search.of("red").in(bertsDead)));
      queue.settle(queue.claim("done", 1, HOUR).getFirst(), Outcome.done());
      assertEquals(1, queue.purge(queue.list(Filter.DEAD, 0, 10)));
      publish(queue, "a", "anna");
      publish(queue, "b", "bert");
      assertEquals(List.of(), find(queue, Search.of("red")));
      assertEquals(1, queue.history("a").size());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void pagesOfASearchFollowEachOtherByRank(boolean isShared) throws Exception {
    try (Queue queue = open(isShared)) {
      for (int i = 0; i < 7; i++) {
        publish(queue, "k" + i, i % 2 == 0 ? "anna" : "bert", new Term("expiry", -(i / 2)));
      }
      List<List<String>> pages = new ArrayList<>();
      String cursor = null;
      do {
        Search.Page page = queue.search(Search.of("expiry").upTo(-1), cursor, 2);
        pages.add(keys(page.entries()));
        cursor = page.next();
      } while (cursor != null);
      assertEquals(List.of(List.of("k6", "k4"), List.of("k5", "k2"), List.of("k3")), pages);
      Search annas = Search.of("expiry").in(Filter.ALL.ofOwner("anna"));
      assertEquals(List.of("k6", "k4", "k2", "k0"), find(queue, annas));
      assertThrows(IllegalArgumentException.class, () -> queue.search(Search.of("expiry"), "7", 1));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void filtersAreListedTogether(boolean isShared) throws Exception {
    try (Queue queue = open(isShared)) {
      queue.publish(List.of(message("check", "a"), message("other", "b"), message("done", "c")));
      List<Filter> two = List.of(Filter.ALL.ofStage("done"), Filter.ALL.ofStage("check"));
      assertEquals(List.of("a", "c"), keys(queue.list(two, 0, 10)));
      List<Entry> first = queue.list(two, 0, 1);
      assertEquals(List.of("a"), keys(first));
      assertEquals(List.of("c"), keys(queue.list(two, first.getFirst().id(), 10)));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theEventsOfAMessageAreKeptWithIt(boolean isShared) throws Exception {
    try (Queue queue = open(isShared)) {
      publish(queue, "a", "anna");
      for (int i = 0; i < 3; i++) {
        Outcome again = new Outcome.Retry(Duration.ZERO, "not ready");
        queue.settle(queue.claim("check", 1, HOUR).getFirst(), again);
      }
      queue.settle(queue.claim("check", 1, HOUR).getFirst(), new Outcome.Dead("never"));
      queue.replay("a", "anna", List.of(), new Note("admin", "192.0.2.2", "replayed"));
      Message next = message("done", "a").ownedBy("anna").in(HOUR);
      queue.settle(queue.claim("check", 1, HOUR).getFirst(), Outcome.done(next));
      List<Event> events = queue.history("a");
      assertEquals(
          List.of(
              Event.Kind.PUBLISHED,
              Event.Kind.RETRIED,
              Event.Kind.DEAD,
              Event.Kind.REPLAYED,
              Event.Kind.MOVED),
          events.stream().map(Event::kind).toList());
      Event retried = events.get(1);
      assertEquals(3, retried.count());
      assertEquals("not ready", retried.reason());
      assertTrue(!retried.last().isBefore(retried.first()));
      assertNull(events.get(2).due());
      Event moved = events.getLast();
      assertEquals("check done", moved.stage() + " " + moved.next());
      assertEquals(HOUR, Duration.between(moved.first(), assertNotNullOf(moved.due())));
      List<Event.Count> counts = queue.counts(HOUR, HOUR);
      assertEquals(
          1,
          counts.stream()
              .filter(one -> one.stage().equals("done"))
              .mapToLong(Event.Count::count)
              .sum());
      queue.publish(List.of(message("check", "nobodys")));
      queue.settle(queue.claim("check", 1, HOUR).getFirst(), new Outcome.Dead("no"));
      assertEquals(List.of(), queue.history("nobodys"));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theEventsOfAMessageThatOnlyOthersFollowAreRemoved(boolean isShared) throws Exception {
    try (Queue queue = open(isShared)) {
      publish(queue, "a", "anna");
      Outcome again = new Outcome.Retry(Duration.ZERO, "not ready");
      queue.settle(queue.claim("check", 1, HOUR).getFirst(), again);
      assertEquals(2, queue.history("a").size());
      Message other = message("done", "b").ownedBy("anna").in(HOUR);
      queue.settle(queue.claim("check", 1, HOUR).getFirst(), Outcome.done(other));
      assertEquals(List.of(), queue.history("a"));
    }
  }

  private static <T> T assertNotNullOf(T value) {
    assertNotNull(value);
    return value;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void onlyTheLastEventsOfAMessageAreKept(boolean isShared) throws Exception {
    try (Queue queue = open(isShared)) {
      publish(queue, "a", "anna");
      for (int i = 0; i < HistoryTable.KEPT + 20; i++) {
        Outcome again = new Outcome.Defer(Duration.ZERO, "reason " + i);
        queue.settle(queue.claim("check", 1, HOUR).getFirst(), again);
      }
      List<Event> events = queue.history("a");
      assertEquals(HistoryTable.KEPT, events.size());
      assertEquals("reason " + (HistoryTable.KEPT + 19), events.getLast().reason());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aNoteIsStoredWithItsChangeAndStays(boolean isShared) throws Exception {
    try (Queue queue = open(isShared)) {
      publish(queue, "a", "anna");
      Hold hold = new Hold("resource of a", "a", List.of("check"));
      queue.publishWithHold(message("check", "a").ownedBy("anna"), hold, List.of(), NOTE);
      publish(queue, "b", "bert");
      Note replay = new Note("admin", "192.0.2.2", "replayed");
      assertEquals(0, queue.replay(Filter.DEAD, replay));
      for (Delivery delivery : queue.claim("check", 2, HOUR)) {
        queue.settle(delivery, new Outcome.Dead("no"));
      }
      assertEquals(2, queue.replay(Filter.DEAD, replay));
      for (Delivery delivery : queue.claim("check", 2, HOUR)) {
        queue.settle(delivery, new Outcome.Dead("no"));
      }
      Note purge = new Note("admin", "192.0.2.2", "purged");
      assertEquals(2, queue.purge(queue.list(Filter.DEAD, 0, 10), purge));
      queue.note(new Note("operator", "", "restored"), "", "");
      List<Note.Stored> all = queue.notes(null, null, Long.MAX_VALUE, 100);
      assertEquals(
          List.of("restored", "purged", "purged", "replayed", "replayed", "submitted", "submitted"),
          all.stream().map(one -> one.note().action()).toList());
      List<Note.Stored> annas = queue.notes("anna", "a", Long.MAX_VALUE, 2);
      assertEquals(List.of(purge, replay), annas.stream().map(Note.Stored::note).toList());
      assertEquals(
          List.of(NOTE),
          queue.notes("anna", null, annas.getLast().id(), 9).stream()
              .map(Note.Stored::note)
              .toList());
    }
    String url = isShared ? PostgresAddress.parse(address).url() : "jdbc:sqlite:" + address;
    try (Connection connection =
            isShared
                ? DriverManager.getConnection(url, PostgresAddress.parse(address).properties())
                : DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      for (String sql :
          List.of("DELETE FROM queue_note", "UPDATE queue_note SET actor = 'somebody else'")) {
        SQLException refusal =
            assertThrows(SQLException.class, () -> statement.executeUpdate(sql), sql);
        assertTrue(refusal.getMessage().contains("append-only"), refusal.getMessage());
      }
    }
  }
}
