package io.heddle.local;

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
import org.jspecify.annotations.Nullable;

/** Chromium, through its DevTools protocol: one process for all pages of a test. */
public final class Browser implements AutoCloseable {
  /** Where it is installed. */
  public static final Path CHROMIUM = Path.of("/usr/bin/chromium");

  private final Process process;
  private final OutputStream to;
  private final InputStream from;
  private final List<JsonObject> events = new ArrayList<>();
  private int last;

  /**
   * Starts it.
   *
   * @param folder the folder for its profile
   * @param host a name that it resolves to the loopback address
   */
  public Browser(Path folder, String host) throws IOException {
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

  private JsonObject call(@Nullable String session, String method, Map<String, ?> parameters)
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
  public Page open(String url) throws IOException {
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

  /** Has the browser save what pages download in a folder. */
  public void downloadTo(Path folder) throws IOException {
    call(
        null,
        "Browser.setDownloadBehavior",
        Map.of("behavior", "allow", "downloadPath", folder.toString(), "eventsEnabled", true));
  }

  /** A tab. */
  public final class Page {
    private final String session;

    private Page(String session) {
      this.session = session;
    }

    /** The value of an expression, which may be a promise. */
    public JsonElement evaluate(String expression) throws IOException {
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

    /** Waits until the text of the page matches a pattern; returns the text, in one line. */
    public String shows(String pattern) throws IOException {
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

    /** Clicks on the button with a text. */
    public void click(String text) throws IOException {
      shows(".");
      evaluate(
          "[...document.querySelectorAll('button')].find(one => one.textContent === %s).click()"
              .formatted(new Gson().toJson(text)));
    }

    /**
     * Clicks on the button with a text, and waits until what it downloads is saved. See {@link
     * Browser#downloadTo}.
     */
    public void download(String text) throws IOException {
      events.clear();
      click(text);
      String state = downloadState();
      while (state.isEmpty() || state.equals("inProgress")) {
        events.add(read());
        state = downloadState();
      }
      if (!state.equals("completed")) {
        throw new IllegalStateException("the download of '" + text + "' is " + state);
      }
    }

    /** The last state of a download; empty if none has begun. */
    private String downloadState() {
      String state = "";
      for (JsonObject event : events) {
        if (event.get("method").getAsString().equals("Browser.downloadProgress")) {
          state = event.getAsJsonObject("params").get("state").getAsString();
        }
      }
      return state;
    }

    /** Makes the page prefer dark colours. */
    public void prefersDark() throws IOException {
      call(
          session,
          "Emulation.setEmulatedMedia",
          Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", "dark"))));
    }

    /** Gives the page the size of a window, in pixels. */
    public void resize(int width, int height) throws IOException {
      call(
          session,
          "Emulation.setDeviceMetricsOverride",
          Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
    }

    /** Presses and releases a key, such as {@code Tab} or {@code Enter}. */
    public void press(String key) throws IOException {
      int code = key.equals("Enter") ? 13 : 9;
      for (String type : List.of("rawKeyDown", "char", "keyUp")) {
        if (!type.equals("char") || key.equals("Enter")) {
          call(
              session,
              "Input.dispatchKeyEvent",
              Map.of(
                  "type",
                  type,
                  "key",
                  key,
                  "code",
                  key,
                  "windowsVirtualKeyCode",
                  code,
                  "text",
                  key.equals("Enter") ? "\r" : ""));
        }
      }
    }

    /** Types a text into the element that has the focus. */
    public void type(String text) throws IOException {
      call(session, "Input.insertText", Map.of("text", text));
    }

    /** Loads the page again. */
    public void reload() throws IOException {
      load("Page.reload", Map.of());
    }

    /** Waits until it is loaded: an earlier evaluation might be of the previous page. */
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

    /** Writes a picture of the page, in PNG. */
    public void photograph(Path file) throws IOException {
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
