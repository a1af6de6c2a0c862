package io.heddle.race.agent;

import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.HashMap;
import java.util.Map;

/** A class whose public static methods are hooks: generated code calls them by name. */
final class HookClass {
  final ClassDesc owner;
  private final Map<String, MethodTypeDesc> types = new HashMap<>();

  HookClass(Class<?> owner) {
    this.owner = ClassDesc.of(owner.getName());
    for (Method method : owner.getDeclaredMethods()) {
      if (Modifier.isPublic(method.getModifiers())) {
        types.put(
            method.getName(),
            MethodType.methodType(method.getReturnType(), method.getParameterTypes())
                .describeConstable()
                .orElseThrow());
      }
    }
  }

  MethodTypeDesc type(String name) {
    MethodTypeDesc type = types.get(name);
    if (type == null) {
      throw new IllegalStateException("no hook " + name);
    }
    return type;
  }

  /** Emits a call whose arguments are on the stack. */
  void call(CodeBuilder code, String name) {
    code.invokestatic(owner, name, type(name));
  }
}
