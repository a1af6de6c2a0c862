package io.heddle.testing;

import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;

/** Makes each call that belongs to a test in the test's bubble. */
final class BubbleExtension implements InvocationInterceptor, AfterEachCallback {
  private static final Namespace NAMESPACE = Namespace.create(BubbleExtension.class);

  BubbleExtension() {}

  /** The bubble of a test, made on first use; null where there is no single test. */
  private static @Nullable BubbleSession session(ExtensionContext context) {
    if (context.getTestMethod().isEmpty()) {
      return null;
    }
    // Not computeIfAbsent, which JUnit 5 lacks: a test's calls come one after the other.
    ExtensionContext.Store store = context.getStore(NAMESPACE);
    BubbleSession session = store.get("session", BubbleSession.class);
    if (session == null) {
      session = new BubbleSession();
      store.put("session", session);
    }
    return session;
  }

  private static <T extends @Nullable Object> T inBubble(
      Invocation<T> invocation, ExtensionContext context) throws Throwable {
    BubbleSession session = session(context);
    return session == null ? invocation.proceed() : session.call(invocation::proceed);
  }

  /** Makes JUnit create an instance for each test, inside the test's bubble. */
  @Override
  public ExtensionContextScope getTestInstantiationExtensionContextScope(ExtensionContext root) {
    return ExtensionContextScope.TEST_METHOD;
  }

  @Override
  public <T> T interceptTestClassConstructor(
      Invocation<T> invocation,
      ReflectiveInvocationContext<Constructor<T>> call,
      ExtensionContext context)
      throws Throwable {
    return inBubble(invocation, context);
  }

  @Override
  public void interceptBeforeEachMethod(
      Invocation<@Nullable Void> invocation,
      ReflectiveInvocationContext<Method> call,
      ExtensionContext context)
      throws Throwable {
    inBubble(invocation, context);
  }

  @Override
  public void interceptTestMethod(
      Invocation<@Nullable Void> invocation,
      ReflectiveInvocationContext<Method> call,
      ExtensionContext context)
      throws Throwable {
    inBubble(invocation, context);
  }

  @Override
  public void interceptTestTemplateMethod(
      Invocation<@Nullable Void> invocation,
      ReflectiveInvocationContext<Method> call,
      ExtensionContext context)
      throws Throwable {
    inBubble(invocation, context);
  }

  @Override
  public void interceptAfterEachMethod(
      Invocation<@Nullable Void> invocation,
      ReflectiveInvocationContext<Method> call,
      ExtensionContext context)
      throws Throwable {
    inBubble(invocation, context);
  }

  /** JUnit adds an exception of this method to an earlier failure, as suppressed. */
  @Override
  public void afterEach(ExtensionContext context) throws Exception {
    BubbleSession session = context.getStore(NAMESPACE).remove("session", BubbleSession.class);
    if (session != null) {
      session.end();
    }
  }
}
