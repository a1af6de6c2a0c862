package io.heddle;

import io.heddle.internal.Machinery;
import java.lang.reflect.Modifier;
import java.net.URL;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Tells Heddle's stack frames from those of the program that calls it.
 *
 * <p>A class of this package is Heddle's if it comes from the same place as this one: tests in the
 * package do not. Other packages say that they are Heddle's ({@link Machinery}).
 */
final class OwnFrames {
  private static final String PACKAGE = OwnFrames.class.getPackageName();
  private static final String PREFIX = PACKAGE + ".";
  private static final String HOME = home(OwnFrames.class.getName());

  private enum Origin {
    /** Another's. */
    FOREIGN,
    /** Heddle's, and called by programs. */
    API,
    /** Heddle's, and not for programs. */
    INTERNAL
  }

  /** By the name of a top-level class. Of those below {@link #PREFIX}, which are not many. */
  private static final Map<String, Origin> KNOWN = new ConcurrentHashMap<>();

  private OwnFrames() {}

  static boolean isOwn(String className) {
    return origin(className) != Origin.FOREIGN;
  }

  /** Whether a class is one of Heddle's that programs do not call. */
  static boolean isInternal(String className) {
    return origin(className) == Origin.INTERNAL;
  }

  private static Origin origin(String className) {
    if (!className.startsWith(PREFIX)) {
      return Origin.FOREIGN;
    }
    int nested = className.indexOf('$');
    return KNOWN.computeIfAbsent(
        nested < 0 ? className : className.substring(0, nested), OwnFrames::find);
  }

  private static Origin find(String className) {
    return !isHeddles(className)
        ? Origin.FOREIGN
        : isPublic(className) ? Origin.API : Origin.INTERNAL;
  }

  private static boolean isPublic(String className) {
    try {
      Class<?> type = Class.forName(className, false, OwnFrames.class.getClassLoader());
      return Modifier.isPublic(type.getModifiers());
    } catch (ClassNotFoundException | LinkageError e) {
      return true; // an unknown frame is better shown
    }
  }

  private static boolean isHeddles(String className) {
    String name = className.substring(0, className.lastIndexOf('.'));
    if (name.equals(PACKAGE)) {
      return HOME.equals(home(className));
    }
    ClassLoader loader = OwnFrames.class.getClassLoader();
    Package found = loader == null ? null : loader.getDefinedPackage(name);
    return found != null && found.isAnnotationPresent(Machinery.class);
  }

  /** Where a class of this package comes from; empty if that is not known. */
  private static String home(String className) {
    String file = className.substring(PREFIX.length()) + ".class";
    @Nullable URL found = OwnFrames.class.getResource(file);
    return found == null ? "" : found.toString().replace(file, "");
  }
}
