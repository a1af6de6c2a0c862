package io.heddle.race.agent;

import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.reflect.Method;
import java.util.HashMap;
import java.util.Map;

/** Names and types of what generated code calls. */
final class Generated {
  static final ClassDesc HOOKS = ClassDesc.of("io.heddle.race.hook.Hooks");
  static final ClassDesc THREAD = ClassDesc.of("io.heddle.race.clock.ThreadState");
  static final ClassDesc STACK = ClassDesc.of("io.heddle.race.report.CallTree");
  static final ClassDesc SHADOW = ClassDesc.of("io.heddle.race.shadow.Shadow");
  static final ClassDesc CLASS = ClassDesc.of("io.heddle.race.shadow.ClassState");

  static final MethodTypeDesc FIELD_ACCESS =
      MethodTypeDesc.of(
          ConstantDescs.CD_void,
          ConstantDescs.CD_Object,
          THREAD,
          ConstantDescs.CD_int,
          STACK,
          ConstantDescs.CD_int);

  private Generated() {}

  /** A member that is added to a class; no two classes of a hierarchy have the same. */
  static String member(String what, String owner) {
    return "race$" + what + "$" + owner.replace('/', '$');
  }

  /** The hooks of a class, by name. */
  static Map<String, MethodTypeDesc> hooks(Class<?> owner) {
    Map<String, MethodTypeDesc> hooks = new HashMap<>();
    for (Method method : owner.getDeclaredMethods()) {
      if (java.lang.reflect.Modifier.isPublic(method.getModifiers())) {
        MethodTypeDesc type = describe(method);
        hooks.put(method.getName(), type);
        hooks.put(method.getName() + type.descriptorString(), type);
      }
    }
    return hooks;
  }

  private static MethodTypeDesc describe(Method method) {
    return java.lang.invoke.MethodType.methodType(
            method.getReturnType(), method.getParameterTypes())
        .describeConstable()
        .orElseThrow();
  }

  static void constant(CodeBuilder code, int value) {
    code.loadConstant(value);
  }
}
