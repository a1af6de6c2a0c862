package io.heddle.local.kv;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The API as it is on the wire, asked by the JDK's client. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
final class KvServerTest {
  @TempDir private Path folder;
  private final HttpClient client = HttpClient.newHttpClient();
  private KvServer server;
  private String id;

  @BeforeEach
  void start() throws Exception {
    server = KvServer.start(0, new Faults(), null, folder.resolve("data.ndjson"));
    id = server.createStore("store", 0);
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
  }

  private HttpResponse<String> send(String method, String path, String body, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(server.uri() + "/resources/stores/kv" + path))
            .method(method, BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), BodyHandlers.ofString());
  }

  private HttpResponse<String> item(String method, String key, String body, String... headers)
      throws IOException, InterruptedException {
    return send(method, "/" + id + "/keys/" + key, body, headers);
  }

  private static JsonObject json(HttpResponse<String> response) {
    return JsonParser.parseString(response.body()).getAsJsonObject();
  }

  @Test
  void aStoreIsDescribedAsTheServiceDoes() throws Exception {
    HttpResponse<String> created = send("POST", "", "{\"name\":\"new\"}");
    assertEquals(201, created.statusCode());
    JsonObject store = json(created);
    assertTrue(store.get("id").getAsString().matches("[a-z0-9]{22}"));
    assertTrue(
        store.get("created_at").getAsString().matches("\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d"));
    assertEquals(409, send("POST", "", "{\"name\":\"new\"}").statusCode());
    assertEquals(400, send("POST", "", "{}").statusCode());
    assertEquals(200, send("PUT", "/" + id, "{\"name\":\"other\"}").statusCode());
    assertEquals("other", json(send("GET", "/" + id, "")).get("name").getAsString());
    assertEquals(1, json(send("GET", "?name=other", "")).getAsJsonArray("data").size());
  }

  @Test
  void aValueHasAtMost25Megabytes() throws Exception {
    String most = "x".repeat(25_000_000);
    assertEquals(413, item("PUT", "key", most + "x").statusCode());
    assertEquals(404, item("GET", "key", "").statusCode());
    assertEquals(200, item("PUT", "key", most).statusCode());
    assertEquals(413, item("PUT", "key?append=true", "x").statusCode());
    assertEquals(25_000_000, item("GET", "key", "").body().length());
    String value = Base64.getEncoder().encodeToString(new byte[25_000_001]);
    HttpResponse<String> batch =
        send("PUT", "/" + id + "/batch", "{\"key\":\"other\",\"value\":\"" + value + "\"}");
    assertEquals(400, batch.statusCode());
    assertTrue(batch.body().contains("the value has more than 25 MB"), batch.body());
  }

  /** Nor is it taken for another one. */
  @Test
  void whatIsNoUtf8IsNoKey() throws Exception {
    for (String key : List.of("k\ufffd", "k?")) {
      server.put(id, key, new byte[0]);
    }
    for (String encoded : List.of("k%FF", "k%C3", "k%ED%B3%BF")) {
      for (String method : List.of("GET", "PUT", "DELETE")) {
        assertEquals(400, item(method, encoded, "").statusCode(), method + " " + encoded);
      }
    }
    assertEquals(400, send("GET", "/" + id + "/keys?prefix=k%FF", "").statusCode());
    assertEquals(
        400, send("PUT", "/" + id + "/batch", "{\"key\":\"\\udcfe\",\"value\":\"\"}").statusCode());
    byte[] latin = "{\"key\":\"\u00f6\",\"value\":\"\"}".getBytes(ISO_8859_1);
    HttpRequest batch =
        HttpRequest.newBuilder(URI.create(server.uri() + "/resources/stores/kv/" + id + "/batch"))
            .PUT(BodyPublishers.ofByteArray(latin))
            .build();
    assertEquals(400, client.send(batch, BodyHandlers.ofString()).statusCode());
    assertEquals(2, server.keys(id).size());
  }

  @Test
  void pagesHaveTheFieldsOfTheService() throws Exception {
    for (String key : List.of("apple", "banana", "batch-1", "batch-2", "cherry")) {
      server.put(id, key, new byte[0]);
    }
    assertEquals(
        "{\"data\":[\"apple\",\"banana\",\"batch-1\",\"batch-2\"],"
            + "\"meta\":{\"limit\":4,\"next_cursor\":\"CgdiYXRjaC0y\"}}",
        send("GET", "/" + id + "/keys?limit=4", "").body());
    String rest = "{\"data\":[\"cherry\"],\"meta\":{\"limit\":1000}}";
    assertEquals(rest, send("GET", "/" + id + "/keys?cursor=CgdiYXRjaC0y", "").body());
    String plain = Base64.getEncoder().encodeToString("batch-2".getBytes(UTF_8));
    assertEquals(rest, send("GET", "/" + id + "/keys?cursor=" + plain, "").body());
    assertEquals(
        "{\"data\":[\"banana\",\"batch-1\",\"batch-2\"],\"meta\":{\"limit\":1000,\"prefix\":\"ba\"}}",
        send("GET", "/" + id + "/keys?prefix=ba", "").body());
    assertEquals(
        "eventual",
        json(send("GET", "/" + id + "/keys?consistency=eventual", ""))
            .getAsJsonObject("meta")
            .get("consistency")
            .getAsString());
    assertEquals(400, send("GET", "/" + id + "/keys?cursor=!", "").statusCode());
    assertEquals(400, send("GET", "/" + id + "/keys?limit=0", "").statusCode());
  }

  @Test
  void keysAreInTheOrderOfTheirBytes() throws Exception {
    List<String> keys = List.of("Z", "a", "é", "\uffee", "😀");
    keys.reversed().forEach(key -> server.put(id, key, new byte[0]));
    List<String> listed = new ArrayList<>();
    json(send("GET", "/" + id + "/keys", ""))
        .getAsJsonArray("data")
        .forEach(key -> listed.add(key.getAsString()));
    assertEquals(keys, listed);
  }

  @Test
  void writesCanHaveConditions() throws Exception {
    assertEquals(200, item("PUT", "k", "one", "metadata", "m").statusCode());
    HttpResponse<String> one = item("GET", "k", "");
    assertEquals("one", one.body());
    assertEquals("m", one.headers().firstValue("Metadata").orElseThrow());
    String generation = one.headers().firstValue("Generation").orElseThrow();
    assertEquals(412, item("PUT", "k?add=true", "two").statusCode());
    assertEquals(200, item("PUT", "k?append=true", "+two").statusCode());
    assertEquals(200, item("PUT", "k?prepend=true", "zero+").statusCode());
    assertEquals("zero+one+two", item("GET", "k", "").body());
    HttpResponse<String> stale = item("PUT", "k", "x", "if-generation-match", generation);
    assertEquals(412, stale.statusCode());
    assertEquals("", stale.body());
    assertEquals(412, item("DELETE", "k", "", "if-generation-match", generation).statusCode());
    assertEquals(204, item("DELETE", "k", "").statusCode());
    assertEquals(204, item("DELETE", "k?force=true", "").statusCode());
    HttpResponse<String> gone = item("DELETE", "k", "");
    assertEquals(404, gone.statusCode());
    assertEquals(
        "application/problem+json", gone.headers().firstValue("Content-Type").orElseThrow());
    assertEquals("https://fastly.help/alerts/not-found", json(gone).get("type").getAsString());
  }

  @Test
  void keysThatTheServiceRefusesAreRefused() throws Exception {
    for (String key : List.of("%23", "a%0Ab", "..%2Fa", ".well-known/acme-challenge/x", "")) {
      assertEquals(400, item("PUT", key, "v").statusCode(), key);
    }
    assertEquals(400, item("PUT", "x".repeat(1025), "v").statusCode());
    assertEquals(200, item("PUT", "a%2Fb%20c+d", "v").statusCode());
    assertEquals("[a/b c+d]", server.keys(id).toString());
  }

  @Test
  void aBatchTellsWhichLinesWereWrong() throws Exception {
    String lines =
        "{\"key\":\"a\",\"value\":\"MQ==\"}\n{\"key\":\"b\",\"value\":\"?\"}\nnonsense\n";
    HttpResponse<String> response = send("PUT", "/" + id + "/batch", lines);
    var errors = json(response).getAsJsonArray("errors");
    assertEquals(2, errors.size());
    assertEquals(1, errors.get(0).getAsJsonObject().get("index").getAsInt());
    assertEquals("[a]", server.keys(id).toString());
  }

  @Test
  void metadataIsAnyTextThatCanBeAHeader() throws Exception {
    String line = "{\"key\":\"%s\",\"value\":\"MQ==\",\"metadata\":\"%s\"}\n";
    String lines = line.formatted("a", "5 €") + line.formatted("b", "x\\r\\nGeneration: 1");
    var errors = json(send("PUT", "/" + id + "/batch", lines)).getAsJsonArray("errors");
    assertEquals(1, errors.size());
    assertEquals("[a]", server.keys(id).toString());
    String metadata = item("GET", "a", "").headers().firstValue("Metadata").orElseThrow();
    assertEquals("5 €", new String(metadata.getBytes(ISO_8859_1), UTF_8));
    assertEquals(400, item("PUT", "c", "v", "metadata", "x".repeat(2001)).statusCode());
  }

  @Test
  void whatTimeIsOverForIsGone() throws Exception {
    item("PUT", "k", "v", "time_to_live_sec", "0");
    assertEquals(404, item("GET", "k", "").statusCode());
    assertEquals(200, item("PUT", "k?add=true", "w").statusCode());
  }

  @Test
  void everythingIsThereAgainAfterARestart() throws Exception {
    item("PUT", "a", "1", "metadata", "m");
    item("PUT", "b", "2");
    item("DELETE", "b", "");
    send("PUT", "/" + id, "{\"name\":\"renamed\"}");
    server.close();
    Path data = folder.resolve("data.ndjson");
    Files.writeString(data, "{\"store\":\"cut o", StandardOpenOption.APPEND);
    server = KvServer.start(0, new Faults(), null, data);
    assertEquals("[a]", server.keys(id).toString());
    HttpResponse<String> a = item("GET", "a", "");
    assertEquals("1", a.body());
    assertEquals("m", a.headers().firstValue("Metadata").orElseThrow());
    assertEquals("renamed", json(send("GET", "/" + id, "")).get("name").getAsString());
  }

  @Test
  void cursorsOfLongKeysAreRead() {
    String key = "ü".repeat(400);
    assertEquals(key, Cursor.key(Cursor.of(key)));
    assertNull(Cursor.key("not base64!"));
    assertFalse(Cursor.of(key).isEmpty());
  }
}
