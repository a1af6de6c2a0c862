package io.heddle.race.site;

import java.util.ArrayList;
import java.util.List;

/**
 * A place in the code that was instrumented: an access or a call. Generated code names it by its
 * number.
 *
 * @param owner the class, by its binary name
 * @param method the method
 * @param file the source file, empty if it is not known
 * @param line the line, 0 if it is not known
 * @param member what is accessed or called there
 */
public record Site(String owner, String method, String file, int line, String member) {
  private static final List<Site> SITES = new ArrayList<>();

  static {
    SITES.add(new Site("", "", "", 0, "")); // 0 is no site
  }

  /**
   * Gives the place a number.
   *
   * @return the number
   */
  public int register() {
    synchronized (SITES) {
      SITES.add(this);
      return SITES.size() - 1;
    }
  }

  /**
   * A place by its number.
   *
   * @param id the number
   * @return the place
   */
  public static Site of(int id) {
    synchronized (SITES) {
      return SITES.get(id);
    }
  }

  /**
   * The place as the frame of a stack.
   *
   * @return as in a stack trace
   */
  public StackTraceElement frame() {
    return new StackTraceElement(owner, method, file.isEmpty() ? null : file, line);
  }
}
