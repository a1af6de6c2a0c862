package io.heddle.race.agent;

import io.heddle.race.hook.Hooks;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;

/** Names and types of what generated code calls. */
final class Generated {
  static final HookClass HOOKS = new HookClass(Hooks.class);
  static final ClassDesc THREAD = ClassDesc.of("io.heddle.race.clock.ThreadState");
  static final ClassDesc STACK = ClassDesc.of("io.heddle.race.site.CallTree");
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

  /**
   * Loads the state of a class. Its number is a constant of the class and not the result of a
   * method, as class files before version 52 can neither have a static method in an interface nor
   * call one.
   *
   * @param owner what an access to a field of the class names
   * @param type internal name of the class
   */
  static void loadState(CodeBuilder code, ClassDesc owner, String type) {
    code.getstatic(owner, member("number", type), ConstantDescs.CD_int);
    code.invokestatic(CLASS, "of", MethodTypeDesc.of(CLASS, ConstantDescs.CD_int));
  }

  /** A member that is added to a class; no two classes of a hierarchy have the same. */
  static String member(String what, String owner) {
    return "race$" + what + "$" + owner.replace('/', '$');
  }
}
