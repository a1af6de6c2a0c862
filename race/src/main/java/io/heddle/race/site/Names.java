package io.heddle.race.site;

/** What reports call objects. None of their own methods are called. */
public final class Names {
  private Names() {}

  /**
   * The name of an object.
   *
   * @param object what a report names
   * @return its class and its identity hash code, or the name that it gives itself
   */
  public static String of(Object object) {
    if (object instanceof Named named) {
      return named.name();
    }
    Class<?> type = object instanceof Class<?> itself ? itself : object.getClass();
    String hash = Integer.toHexString(System.identityHashCode(object));
    if (type.isArray()) {
      int length = java.lang.reflect.Array.getLength(object);
      return type.getComponentType().getTypeName() + "[" + length + "]@" + hash;
    }
    return object instanceof Class<?> ? "class " + type.getTypeName() : type.getName() + "@" + hash;
  }
}
