package io.heddle.race.shadow;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import org.jspecify.annotations.Nullable;

/**
 * A field that is accessed by reflection or by a handle: the way to the state that instrumented
 * code finds by itself. A field whose class is not checked has no such state, and its clock only.
 */
public final class FieldState {
  private final boolean isStatic;
  private final String key;
  private final @Nullable ClassState type;
  private final int variable;
  private final @Nullable MethodHandle shadow;

  private FieldState(Field field) {
    String owner = field.getDeclaringClass().getName().replace('.', '/');
    this.isStatic = Modifier.isStatic(field.getModifiers());
    this.key = isStatic ? field.getName() : owner + "." + field.getName();
    String suffix = "$" + owner.replace('/', '$');
    ClassState found = null;
    try {
      Field number = field.getDeclaringClass().getDeclaredField("race$number" + suffix);
      number.setAccessible(true);
      found = ClassState.of(number.getInt(null));
    } catch (ReflectiveOperationException | RuntimeException e) {
      // its class is not checked, or not open
    }
    this.type = found;
    this.variable = found == null ? -1 : found.variable(field.getName(), isStatic);
    this.shadow = variable < 0 || isStatic ? null : accessor(field, "race$state" + suffix);
  }

  /**
   * The state of a field.
   *
   * @param field the field
   * @return a state
   */
  public static FieldState of(Field field) {
    return new FieldState(field);
  }

  private static @Nullable MethodHandle accessor(Field field, String name) {
    try {
      Method method = field.getDeclaringClass().getDeclaredMethod(name, Object.class);
      method.setAccessible(true);
      return MethodHandles.lookup().unreflect(method);
    } catch (ReflectiveOperationException | RuntimeException e) {
      return null; // not open: its accesses are not seen
    }
  }

  /**
   * Whether it is static.
   *
   * @return true if it belongs to the class
   */
  public boolean isStatic() {
    return isStatic;
  }

  /**
   * Which part of its owner it is, where a volatile field has a clock.
   *
   * @return the same text that instrumented code has
   */
  public String key() {
    return key;
  }

  /**
   * The class's state.
   *
   * @return null if the class is not checked
   */
  public @Nullable ClassState type() {
    return type;
  }

  /**
   * The number of the variable.
   *
   * @return negative if it has none, as it is final, volatile, or not checked
   */
  public int variable() {
    return variable;
  }

  /**
   * What a report calls what the field is part of.
   *
   * @param object the object, null if the field is static
   * @return the object or the class's state
   */
  public Object whole(@Nullable Object object) {
    return isStatic && type != null ? type : object == null ? this : object;
  }

  /**
   * The state that has the variable.
   *
   * @param object the object, null if the field is static
   * @return null if absent
   */
  public @Nullable Shadow shadow(@Nullable Object object) {
    if (variable < 0) {
      return null;
    }
    if (isStatic) {
      return type == null ? null : type.statics();
    }
    if (shadow == null || object == null) {
      return null;
    }
    try {
      return (Shadow) shadow.invoke(object);
    } catch (Throwable e) { // no object of the class: the access fails on its own
      return null;
    }
  }
}
