package io.heddle.race.report;

/** What reports call objects. None of their own methods are called. */
final class Names {
  private Names() {}

  static String of(Object object) {
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
