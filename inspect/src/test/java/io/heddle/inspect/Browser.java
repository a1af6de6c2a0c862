package io.heddle.inspect;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/** Chromium, through its DevTools protocol: one process for all pages of a test. */
final class Browser implements AutoCloseable {
  static final Path CHROMIUM = Path.of("/usr/bin/chromium");

  private final Process process;
  private final OutputStream to;
  private final InputStream from;
  private final List<JsonObject> events = new ArrayList<>();
  private int last;

  /**
   * Starts it.
   *
   * @param folder for its profile
   * @param host a name that it takes for that of the loopback address
   */
  Browser(Path folder, String host) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                "bash",
                "-c",
                "exec \"$@\" 3<&0 4>&1 </dev/null >/dev/null", // where it reads and writes messages
                "bash"));
    command.addAll(
        List.of(
            CHROMIUM.toString(),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--remote-debugging-pipe",
            "--user-data-dir=" + folder,
            "--window-size=1360,900",
            "--host-resolver-rules=MAP " + host + " 127.0.0.1"));
    process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    to = process.getOutputStream();
    from = new BufferedInputStream(process.getInputStream());
  }

  private JsonObject call(String session, String method, Map<String, ?> parameters)
      throws IOException {
    int id = ++last;
    JsonObject message = new JsonObject();
    message.addProperty("id", id);
    message.addProperty("method", method);
    message.add("params", new Gson().toJsonTree(parameters));
    if (session != null) {
      message.addProperty("sessionId", session);
    }
    to.write(message.toString().getBytes(UTF_8));
    to.write(0);
    to.flush();
    JsonObject answer = read();
    while (!answer.has("id")) {
      events.add(answer);
      answer = read();
    }
    if (answer.has("error")) {
      throw new IllegalStateException(method + ": " + answer);
    }
    return answer.getAsJsonObject("result");
  }

  /** Messages end with a zero. */
  private JsonObject read() throws IOException {
    ByteArrayOutputStream message = new ByteArrayOutputStream();
    for (int next = from.read(); next != 0; next = from.read()) {
      if (next < 0) {
        throw new IOException("chromium has ended");
      }
      message.write(next);
    }
    return JsonParser.parseString(message.toString(UTF_8)).getAsJsonObject();
  }

  /** Opens an address in a new tab. */
  Page open(String url) throws IOException {
    String target =
        call(null, "Target.createTarget", Map.of("url", "about:blank"))
            .get("targetId")
            .getAsString();
    Page page =
        new Page(
            call(null, "Target.attachToTarget", Map.of("targetId", target, "flatten", true))
                .get("sessionId")
                .getAsString());
    call(page.session, "Page.enable", Map.of());
    page.load("Page.navigate", Map.of("url", url));
    return page;
  }

  /** A tab. */
  final class Page {
    private final String session;

    private Page(String session) {
      this.session = session;
    }

    /** The value of an expression, which may be a promise. */
    JsonElement evaluate(String expression) throws IOException {
      JsonObject answer =
          call(
              session,
              "Runtime.evaluate",
              Map.of("expression", expression, "awaitPromise", true, "returnByValue", true));
      if (answer.has("exceptionDetails")) {
        throw new IllegalStateException(expression + ": " + answer);
      }
      return answer.getAsJsonObject("result").get("value");
    }

    /** Waits until what the page shows matches the pattern; returns it, in one line. */
    String shows(String pattern) throws IOException {
      return evaluate(
              """
              new Promise((found, missing) => {
                const end = Date.now() + 30000;
                const look = () => {
                  const text = document.body ? document.body.textContent.replace(/\\s+/g, ' ') : '';
                  if (new RegExp(%s).test(text)) found(text);
                  else if (Date.now() > end) missing(new Error('it shows: ' + text));
                  else setTimeout(look, 20);
                };
                look();
              })
              """
                  .formatted(new Gson().toJson(pattern)))
          .getAsString();
    }

    /** Clicks on the button whose text this is. */
    void click(String text) throws IOException {
      shows(".");
      evaluate(
          "[...document.querySelectorAll('button')].find(one => one.textContent === %s).click()"
              .formatted(new Gson().toJson(text)));
    }

    void prefersDark() throws IOException {
      call(
          session,
          "Emulation.setEmulatedMedia",
          Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", "dark"))));
    }

    void reload() throws IOException {
      load("Page.reload", Map.of());
    }

    /** What is evaluated before a page is loaded may be lost with the page before. */
    private void load(String method, Map<String, ?> parameters) throws IOException {
      events.clear();
      call(session, method, parameters);
      while (events.stream().noneMatch(this::isLoaded)) {
        events.add(read());
      }
    }

    private boolean isLoaded(JsonObject event) {
      return event.has("sessionId")
          && event.get("sessionId").getAsString().equals(session)
          && event.get("method").getAsString().equals("Page.loadEventFired");
    }

    void photograph(Path file) throws IOException {
      String data =
          call(session, "Page.captureScreenshot", Map.of("format", "png"))
              .get("data")
              .getAsString();
      Files.write(file, Base64.getDecoder().decode(data));
    }
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join(); // its profile is deleted next
  }
}
