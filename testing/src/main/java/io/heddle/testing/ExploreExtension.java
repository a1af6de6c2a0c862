package io.heddle.testing;

import io.heddle.Task;
import java.lang.annotation.Annotation;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.UndeclaredThrowableException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.HierarchyTraversalMode;

/** Calls the test method many times instead of once, each time on an instance of its own. */
final class ExploreExtension implements InvocationInterceptor {
  ExploreExtension() {}

  @Override
  public void interceptTestMethod(
      Invocation<@Nullable Void> invocation,
      ReflectiveInvocationContext<Method> call,
      ExtensionContext context)
      throws Throwable {
    invocation.skip();
    Method method = call.getExecutable();
    Explored options = method.getAnnotation(Explored.class);
    Explore explore =
        options.seed() < 0 ? Explore.schedules(options.schedules()) : Explore.seed(options.seed());
    explore.maxSteps(options.maxSteps()).check(test(call.getTargetClass(), method));
  }

  @SuppressWarnings("ReferenceEquality") // the same exception, not an equal one
  private static Task test(Class<?> type, Method method) {
    if (method.getParameterCount() > 0) {
      throw new IllegalArgumentException("@Explored on a method with parameters: " + method);
    }
    List<Method> before = annotated(type, BeforeEach.class);
    List<Method> after = annotated(type, AfterEach.class).reversed();
    return () -> {
      Object instance = instance(type);
      Throwable failure = null;
      try {
        for (Method each : before) {
          invoke(each, instance);
        }
        invoke(method, instance);
      } catch (Throwable e) {
        failure = e;
      }
      for (Method each : after) { // even after a failure, as JUnit does
        try {
          invoke(each, instance);
        } catch (Throwable e) {
          if (failure == null) {
            failure = e;
          } else if (failure != e) {
            failure.addSuppressed(e);
          }
        }
      }
      rethrow(failure);
    };
  }

  private static void rethrow(@Nullable Throwable failure) throws Exception {
    switch (failure) {
      case null -> {}
      case Exception e -> throw e;
      case Error e -> throw e;
      default -> throw new UndeclaredThrowableException(failure);
    }
  }

  private static List<Method> annotated(Class<?> type, Class<? extends Annotation> annotation) {
    return AnnotationSupport.findAnnotatedMethods(
        type, annotation, HierarchyTraversalMode.TOP_DOWN);
  }

  private static Object instance(Class<?> type) throws Exception {
    Constructor<?> constructor;
    try {
      constructor = type.getDeclaredConstructor();
    } catch (NoSuchMethodException e) {
      throw new IllegalArgumentException(
          "@Explored needs a constructor without parameters, and no inner class: " + type, e);
    }
    constructor.setAccessible(true);
    try {
      return constructor.newInstance();
    } catch (InvocationTargetException e) {
      throw unwrapped(e);
    }
  }

  private static void invoke(Method method, Object instance) throws Exception {
    method.setAccessible(true);
    try {
      method.invoke(instance);
    } catch (InvocationTargetException e) {
      throw unwrapped(e);
    }
  }

  private static Exception unwrapped(InvocationTargetException e) {
    return switch (e.getCause()) {
      case Exception cause -> cause;
      case Error cause -> throw cause;
      case null, default -> e;
    };
  }
}
