package io.heddle.orders.api;

import com.google.gson.JsonObject;
import io.heddle.orders.Problem;
import java.util.Map;

/** A request cannot be fulfilled; it is answered with a problem document (RFC 9457). */
final class ProblemException extends Exception {
  private static final long serialVersionUID = 1;

  private final transient Problem problem;
  private final transient Map<String, String> headers;
  private final transient Map<String, String> members;

  ProblemException(int status, String name, String title, String detail) {
    this(status, name, title, detail, Map.of());
  }

  ProblemException(
      int status, String name, String title, String detail, Map<String, String> headers) {
    this(status, name, title, detail, headers, Map.of());
  }

  /** With additional members in the problem document. */
  ProblemException(
      int status,
      String name,
      String title,
      String detail,
      Map<String, String> headers,
      Map<String, String> members) {
    super(detail);
    this.members = members;
    this.problem = new Problem(Problem.OURS + name, title, status, detail);
    this.headers = headers;
  }

  static ProblemException badQuery(String detail) {
    return new ProblemException(400, "bad-query", "The query is invalid", detail);
  }

  ApiResponse answer() {
    JsonObject json = new JsonObject();
    json.addProperty("type", problem.type());
    json.addProperty("title", problem.title());
    json.addProperty("status", problem.status());
    json.addProperty("detail", problem.detail());
    members.forEach(json::addProperty);
    return new ApiResponse(problem.status(), "application/problem+json", json.toString(), headers);
  }
}
