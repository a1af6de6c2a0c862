package io.heddle.orders.api;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.io.InputStreamReader;
import java.io.Reader;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The OpenAPI description, which real answers are held against. */
final class Description {
  private static final Pattern PARAMETER = Pattern.compile("\\{([a-z]+)}");

  /** The keywords that a schema of an answer may contain; others would not be checked. */
  private static final Set<String> WORDS =
      Set.of(
          "$ref",
          "additionalProperties",
          "description",
          "enum",
          "format",
          "items",
          "properties",
          "required",
          "type");

  private final JsonObject root;

  private Description(JsonObject root) {
    this.root = root;
  }

  static Description read() throws Exception {
    try (Reader in =
        new InputStreamReader(
            Objects.requireNonNull(OrdersApi.class.getResourceAsStream("openapi.json")),
            StandardCharsets.UTF_8)) {
      return new Description(JsonParser.parseReader(in).getAsJsonObject());
    }
  }

  /** Each operation with each status that it may answer: {@code get /v1/orders 200}. */
  Set<String> answers() {
    Set<String> answers = new TreeSet<>();
    paths()
        .forEach((path, item) ->
            operations(item)
                .forEach((method, operation) ->
                    operation
                        .getAsJsonObject("responses")
                        .keySet()
                        .forEach(status -> answers.add(method + " " + path + " " + status))));
    return answers;
  }

  /** What is wrong with the description itself. */
  List<String> faults() {
    List<String> faults = new ArrayList<>();
    references(root, faults);
    Set<String> ids = new HashSet<>();
    paths()
        .forEach((path, item) ->
            operations(item)
                .forEach((method, operation) -> {
                  String name = method + " " + path;
                  if (!operation.has("operationId")
                      || !ids.add(operation.get("operationId").getAsString())) {
                    faults.add(name + " has no operationId of its own");
                  }
                  Set<String> declared = new HashSet<>();
                  for (JsonObject holder : List.of(item, operation)) {
                    for (JsonElement one : array(holder, "parameters")) {
                      JsonObject parameter = resolved(one.getAsJsonObject());
                      if (parameter.get("in").getAsString().equals("path")) {
                        declared.add(parameter.get("name").getAsString());
                      }
                    }
                  }
                  Set<String> named = new HashSet<>();
                  PARAMETER.matcher(path).results().forEach(match -> named.add(match.group(1)));
                  if (!named.equals(declared)) {
                    faults.add(
                        name + " has the parameters " + named + ", declared are " + declared);
                  }
                  operation
                      .getAsJsonObject("responses")
                      .asMap()
                      .forEach((status, response) -> {
                        JsonObject told = resolved(response.getAsJsonObject());
                        if (!told.has("description") || !told.has("content")) {
                          faults.add(name + " says nothing of its answer " + status);
                        }
                      });
                }));
    return faults;
  }

  private void references(JsonElement json, List<String> faults) {
    if (json instanceof JsonArray array) {
      array.forEach(one -> references(one, faults));
    } else if (json instanceof JsonObject object) {
      object
          .asMap()
          .forEach((name, value) -> {
            if (name.equals("$ref") && at(value.getAsString()) == null) {
              faults.add(value + " leads nowhere");
            }
            references(value, faults);
          });
    }
  }

  /** Which of {@link #answers} this is; null if it is an answer to nothing that is described. */
  @Nullable String answer(String method, String target, int status) {
    String path = path(target);
    JsonObject item = path == null ? null : paths().get(path);
    String described = method.equals("HEAD") ? "get" : method.toLowerCase(java.util.Locale.ROOT);
    return item == null || !item.has(described) ? null : described + " " + path + " " + status;
  }

  /** What an answer has that is not described, or lacks. */
  List<String> faults(String method, String target, HttpResponse<String> response) {
    List<String> faults = new ArrayList<>();
    String type =
        response.headers().firstValue("content-type").orElse("none").split(";", -1)[0].strip();
    String answer = answer(method, target, response.statusCode());
    if (answer == null) {
      undescribed(target, type, response, faults);
      return faults;
    }
    String[] words = answer.split(" ", -1);
    JsonObject responses =
        paths().get(words[1]).getAsJsonObject(words[0]).getAsJsonObject("responses");
    if (!responses.has(words[2])) {
      return List.of(answer + " is not described");
    }
    JsonObject described = resolved(responses.getAsJsonObject(words[2]));
    JsonObject content = described.getAsJsonObject("content").getAsJsonObject(type);
    if (content == null) {
      return List.of(answer + " is not described as " + type);
    }
    if (described.has("headers")) {
      described
          .getAsJsonObject("headers")
          .asMap()
          .forEach((name, header) -> {
            if (header.getAsJsonObject().has("required")
                && response.headers().firstValue(name).isEmpty()) {
              faults.add(answer + " lacks the header " + name);
            }
          });
    }
    if (!method.equals("HEAD")) {
      check(content.getAsJsonObject("schema"), body(type, response), answer, faults);
    }
    if (type.equals("application/problem+json")) {
      problem(response, answer, faults);
    }
    return faults;
  }

  private static JsonElement body(String type, HttpResponse<String> response) {
    try {
      return type.endsWith("json")
          ? JsonParser.parseString(response.body())
          : new JsonPrimitive(response.body());
    } catch (JsonParseException e) {
      throw new AssertionError(response.body(), e);
    }
  }

  /** Another method, or another address. */
  private void undescribed(
      String target, String type, HttpResponse<String> response, List<String> faults) {
    int status = response.statusCode();
    String path = path(target);
    if (!type.equals("application/problem+json")) {
      faults.add(status + " of " + target + " is not a problem document but " + type);
    } else if (status == 405 && path != null) {
      Set<String> allowed = new TreeSet<>();
      operations(paths().get(path))
          .keySet()
          .forEach(method -> allowed.add(method.toUpperCase(java.util.Locale.ROOT)));
      if (allowed.contains("GET")) {
        allowed.add("HEAD");
      }
      String told = response.headers().firstValue("allow").orElse("");
      if (!allowed.equals(new TreeSet<>(List.of(told.split(", ", -1))))) {
        faults.add(target + " allows " + allowed + " and says " + told);
      }
    } else if (status != 401 && status != 403 && status != 404) {
      faults.add(status + " of " + target + ", which is not described");
    }
  }

  private static void problem(HttpResponse<String> response, String answer, List<String> faults) {
    if (response.body().isEmpty()) {
      return; // of HEAD
    }
    JsonObject problem = JsonParser.parseString(response.body()).getAsJsonObject();
    if (!problem.has("status")
        || problem.get("status").getAsInt() != response.statusCode()
        || !problem.has("detail")) {
      faults.add(answer + " is a poor problem document: " + problem);
    }
  }

  private void check(JsonObject given, JsonElement value, String at, List<String> faults) {
    JsonObject schema = resolved(given);
    for (String word : schema.keySet()) {
      if (!WORDS.contains(word)) {
        faults.add(at + " says '" + word + "', which is not checked");
      }
    }
    String type = schema.get("type").getAsString();
    if (!isA(type, value)) {
      faults.add(at + " is no " + type + ": " + value);
      return;
    }
    if (schema.has("enum") && !array(schema, "enum").contains(value)) {
      faults.add(at + " is not one of " + schema.get("enum") + ": " + value);
    }
    if (schema.has("format") && !isTime(value.getAsString())) {
      faults.add(at + " is not a time: " + value);
    }
    if (value instanceof JsonArray array) {
      for (int i = 0; i < array.size(); i++) {
        check(schema.getAsJsonObject("items"), array.get(i), at + "[" + i + "]", faults);
      }
    }
    if (value instanceof JsonObject object) {
      members(schema, object, at, faults);
    }
  }

  private void members(JsonObject schema, JsonObject object, String at, List<String> faults) {
    for (JsonElement name : array(schema, "required")) {
      if (!object.has(name.getAsString())) {
        faults.add(at + " lacks " + name);
      }
    }
    if (!schema.has("properties")) {
      return;
    }
    JsonObject properties = schema.getAsJsonObject("properties");
    object
        .asMap()
        .forEach((name, value) -> {
          if (properties.has(name)) {
            check(properties.getAsJsonObject(name), value, at + "." + name, faults);
          } else {
            faults.add(at + " has " + name + ", which is not described");
          }
        });
  }

  private static boolean isA(String type, JsonElement value) {
    return switch (type) {
      case "object" -> value.isJsonObject();
      case "array" -> value.isJsonArray();
      case "string" -> value instanceof JsonPrimitive one && one.isString();
      case "boolean" -> value instanceof JsonPrimitive one && one.isBoolean();
      case "integer" ->
          value instanceof JsonPrimitive one
              && one.isNumber()
              && one.getAsString().matches("-?[0-9]+");
      default -> throw new AssertionError("no type of JSON: " + type);
    };
  }

  private static boolean isTime(String text) {
    try {
      Instant.parse(text);
      return true;
    } catch (DateTimeParseException e) {
      return false;
    }
  }

  /** The path of the description for a target; one without parameters goes first. */
  private @Nullable String path(String target) {
    String plain = target.replaceFirst("\\?.*", "");
    if (paths().containsKey(plain)) {
      return plain;
    }
    for (String path : paths().keySet()) {
      Matcher matcher = Pattern.compile(PARAMETER.matcher(path).replaceAll("[^/]+")).matcher(plain);
      if (matcher.matches()) {
        return path;
      }
    }
    return null;
  }

  private Map<String, JsonObject> paths() {
    return objects(root.getAsJsonObject("paths"));
  }

  private static Map<String, JsonObject> operations(JsonObject item) {
    Map<String, JsonObject> operations = new java.util.TreeMap<>();
    item.asMap()
        .forEach((name, value) -> {
          if (!name.equals("parameters")) {
            operations.put(name, value.getAsJsonObject());
          }
        });
    return operations;
  }

  private static Map<String, JsonObject> objects(JsonObject of) {
    Map<String, JsonObject> objects = new java.util.TreeMap<>();
    of.asMap().forEach((name, value) -> objects.put(name, value.getAsJsonObject()));
    return objects;
  }

  private static JsonArray array(JsonObject of, String name) {
    return of.has(name) ? of.getAsJsonArray(name) : new JsonArray();
  }

  private JsonObject resolved(JsonObject json) {
    return json.has("$ref") ? Objects.requireNonNull(at(json.get("$ref").getAsString())) : json;
  }

  private @Nullable JsonObject at(String reference) {
    JsonElement found = root;
    for (String name : reference.replaceFirst("^#/", "").split("/", -1)) {
      found = found instanceof JsonObject object ? object.get(name) : null;
    }
    return found instanceof JsonObject object ? object : null;
  }
}
