package io.heddle.orders.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import io.heddle.orders.Order;
import io.heddle.orders.files.SigningRequest;
import java.io.IOException;
import java.io.StringReader;
import java.net.IDN;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads a customer's order, and rejects requests that no CA would accept. */
final class OrderRequest {
  static final int MAX_DOMAINS = 100;
  private static final int MAX_NAME = 253;
  private static final Set<String> KNOWN = Set.of("domains", "csr", "renew");

  private static final Pattern NAME =
      Pattern.compile(
          "(?:\\*\\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]");

  /** IDNA 2003, which {@link IDN} implements, maps these to other characters, or removes them. */
  private static final Pattern AMBIGUOUS = Pattern.compile("[ßẞς\\u200c\\u200d]");

  private OrderRequest() {}

  static Order.Request read(String customer, byte[] body) throws ProblemException {
    JsonObject json = parse(new String(body, UTF_8));
    List<String> domains = domains(json.get("domains"));
    String csr = csr(json.get("csr"), domains);
    Order.Request request = new Order.Request(customer, domains, csr);
    return isRenewed(json.get("renew")) ? request : request.once();
  }

  private static boolean isRenewed(@Nullable JsonElement json) throws ProblemException {
    if (json == null || json.isJsonNull()) {
      return true;
    }
    if (!json.isJsonPrimitive() || !json.getAsJsonPrimitive().isBoolean()) {
      throw invalid("renew must be true or false");
    }
    return json.getAsBoolean();
  }

  private static JsonObject parse(String text) throws ProblemException {
    JsonObject json = new JsonObject();
    try {
      JsonReader reader = new JsonReader(new StringReader(text));
      reader.setStrictness(Strictness.STRICT);
      reader.beginObject();
      while (reader.hasNext()) {
        String name = reader.nextName();
        if (!KNOWN.contains(name)) {
          throw invalid("'" + shown(name) + "' is not known; there are domains, csr and renew");
        }
        if (json.has(name)) { // JSON parsers disagree on which of two values counts
          throw invalid("'" + name + "' occurs twice");
        }
        json.add(name, JsonParser.parseReader(reader));
      }
      reader.endObject();
      if (reader.peek() == JsonToken.END_DOCUMENT) {
        return json;
      }
    } catch (IOException | IllegalStateException | JsonParseException | StackOverflowError e) {
      // handled like any other JSON that is not an order
    }
    throw new ProblemException(
        400,
        "not-json",
        "Not JSON",
        "send one object and nothing after it: {\"domains\": [\"www.example.com\"]}");
  }

  private static List<String> domains(@Nullable JsonElement json) throws ProblemException {
    if (!(json instanceof JsonArray array) || array.isEmpty()) {
      throw invalid("domains must be an array of at least one name");
    }
    if (array.size() > MAX_DOMAINS) {
      throw invalid(array.size() + " domains are more than " + MAX_DOMAINS);
    }
    List<String> domains = new ArrayList<>();
    for (JsonElement one : array) {
      if (!one.isJsonPrimitive() || !one.getAsJsonPrimitive().isString()) {
        throw invalid("a domain is not a string: " + one);
      }
      String name = name(one.getAsString());
      if (domains.contains(name)) {
        throw invalid("'" + name + "' occurs twice");
      }
      domains.add(name);
    }
    for (String name : domains) {
      String wildcard = "*" + name.substring(name.indexOf('.'));
      if (!name.equals(wildcard) && domains.contains(wildcard)) {
        throw invalid("'" + name + "' is covered by '" + wildcard + "'; order only one of them");
      }
    }
    return List.copyOf(domains);
  }

  private static String name(String given) throws ProblemException {
    String name;
    if (AMBIGUOUS.matcher(given).find()) {
      throw invalid(
          "'"
              + shown(given)
              + "' is read as different domains by old and new software, such as straße.de and "
              + "strasse.de; order the form that begins with xn--");
    }
    try {
      boolean isWildcard = given.startsWith("*.");
      String ascii = IDN.toASCII(isWildcard ? given.substring(2) : given);
      name = (isWildcard ? "*." + ascii : ascii).toLowerCase(Locale.ROOT);
    } catch (IllegalArgumentException e) {
      throw invalid("'" + shown(given) + "' is not the name of a domain: " + e.getMessage());
    }
    if (name.length() > MAX_NAME || !NAME.matcher(name).matches()) {
      throw invalid(
          "'"
              + shown(given)
              + "' is not the name of a domain, such as www.example.com or *.example.com");
    }
    return name;
  }

  private static String shown(String given) {
    return given.length() <= 80 ? given : given.substring(0, 80) + "...";
  }

  private static @Nullable String csr(@Nullable JsonElement json, List<String> domains)
      throws ProblemException {
    if (json == null || json.isJsonNull()) {
      return null;
    }
    if (!json.isJsonPrimitive() || !json.getAsJsonPrimitive().isString()) {
      throw invalid("csr must be a string with a signing request in PEM");
    }
    String csr = json.getAsString();
    try {
      Set<String> names = SigningRequest.read(csr).check();
      if (!names.equals(new TreeSet<>(domains))) {
        throw invalid("the csr is for " + names + ", ordered are " + new TreeSet<>(domains));
      }
      return csr;
    } catch (IOException e) {
      throw invalid("csr: " + e.getMessage());
    }
  }

  /** Refuses names that no CA of the public internet certifies. */
  static void checkPublic(List<String> domains) throws ProblemException {
    for (String name : domains) {
      String problem = PublicNames.problem(name);
      if (problem != null) {
        throw invalid(problem);
      }
    }
  }

  private static ProblemException invalid(String detail) {
    return new ProblemException(422, "invalid-order", "The order cannot be accepted", detail);
  }
}
