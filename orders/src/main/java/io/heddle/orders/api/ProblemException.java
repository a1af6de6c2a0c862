package io.heddle.orders.api;

import com.google.gson.JsonObject;
import io.heddle.http.HttpAnswer;
import io.heddle.orders.Problem;

/** A request cannot be done; answers with a problem document (RFC 9457). */
final class ProblemException extends Exception {
  private static final long serialVersionUID = 1;

  private final transient Problem problem;

  ProblemException(int status, String name, String title, String detail) {
    super(detail);
    this.problem = new Problem(Problem.OURS + name, title, status, detail);
  }

  HttpAnswer.Response answer() {
    JsonObject json = new JsonObject();
    json.addProperty("type", problem.type());
    json.addProperty("title", problem.title());
    json.addProperty("status", problem.status());
    json.addProperty("detail", problem.detail());
    HttpAnswer.Response response =
        HttpAnswer.Response.of(problem.status(), "application/problem+json", json.toString());
    return problem.status() == 401
        ? response.with("WWW-Authenticate", "Bearer realm=\"orders\"")
        : response;
  }
}
