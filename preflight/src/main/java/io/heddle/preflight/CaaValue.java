package io.heddle.preflight;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The value of an issue or issuewild property (RFC 8659, section 4.2).
 *
 * @param issuer the domain name of a CA; empty if no CA may issue
 */
record CaaValue(String issuer, List<Parameter> parameters) {
  private static final Pattern TAG = Pattern.compile("[0-9A-Za-z]*");
  private static final Pattern VALUE = Pattern.compile("[\\x21-\\x3a\\x3c-\\x7e]*");
  private static final Pattern METHOD = Pattern.compile("[0-9A-Za-z-]+");

  record Parameter(String tag, String value) {}

  /**
   * Reads a value as Let's Encrypt does.
   *
   * @throws IllegalArgumentException if it is malformed, in which case it allows no CA anything
   */
  static CaaValue parse(String text) {
    String[] parts = text.split(";", -1);
    String issuer = trimmed(parts[0]);
    List<Parameter> parameters = new ArrayList<>();
    if (parts.length == 2 && trimmed(parts[1]).isEmpty()) {
      return new CaaValue(issuer, parameters);
    }
    for (int i = 1; i < parts.length; i++) {
      int equals = parts[i].indexOf('=');
      if (equals < 0) {
        throw new IllegalArgumentException("a parameter is not tag=value");
      }
      String tag = trimmed(parts[i].substring(0, equals));
      String value = trimmed(parts[i].substring(equals + 1));
      if (!TAG.matcher(tag).matches() || !VALUE.matcher(value).matches()) {
        throw new IllegalArgumentException("a parameter has a character that may not be there");
      }
      parameters.add(new Parameter(tag, value));
    }
    return new CaaValue(issuer, parameters);
  }

  private static String trimmed(String text) {
    int begin = 0;
    int end = text.length();
    while (begin < end && isSpace(text.charAt(begin))) {
      begin++;
    }
    while (end > begin && isSpace(text.charAt(end - 1))) {
      end--;
    }
    return text.substring(begin, end);
  }

  private static boolean isSpace(char c) {
    return c == ' ' || c == '\t';
  }

  List<String> all(String tag) {
    return parameters.stream()
        .filter(parameter -> parameter.tag().equals(tag))
        .map(Parameter::value)
        .toList();
  }

  /** Whether a list of methods contains one; anything after a malformed one does not count. */
  static boolean hasMethod(String methods, String method) {
    for (String one : methods.split(",", -1)) {
      if (!METHOD.matcher(one).matches()) {
        return false;
      }
      if (one.equals(method)) {
        return true;
      }
    }
    return false;
  }
}
