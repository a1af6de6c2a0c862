package io.heddle.race.agent;

import io.heddle.race.agent.Weaving.Argument;
import io.heddle.race.agent.Weaving.Hook;
import io.heddle.race.agent.Weaving.Point;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassElement;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.Interfaces;
import java.lang.classfile.Label;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodTransform;
import java.lang.classfile.Opcode;
import java.lang.classfile.TypeKind;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.ReturnInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.reflect.AccessFlag;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Puts the hooks of a {@link Weaving} into a class. */
final class Weaver {
  private static final Map<String, HookClass> HOOK_CLASSES = new HashMap<>();

  private final Weaving.Type type;
  private final ClassModel model;
  private final ClassDesc self;
  private final HookClass hookClass;
  private final Set<Hook> used = new HashSet<>();

  Weaver(Weaving.Type type, ClassModel model) {
    this.type = type;
    this.model = model;
    this.self = model.thisClass().asSymbol();
    synchronized (HOOK_CLASSES) {
      this.hookClass = HOOK_CLASSES.computeIfAbsent(type.hookClass, Weaver::hooks);
    }
  }

  private static HookClass hooks(String name) {
    try {
      return new HookClass(Class.forName(name.replace('/', '.')));
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * The class with its hooks.
   *
   * @throws IllegalStateException if a method that is to have a hook is not there
   */
  byte[] weave(ClassFile file) {
    byte[] woven =
        file.transformClass(
            model,
            new ClassTransform() {
              @Override
              public void accept(ClassBuilder builder, ClassElement element) {
                switch (element) {
                  case MethodModel method -> weave(builder, method);
                  case Interfaces interfaces -> builder.with(extended(interfaces));
                  default -> builder.with(element);
                }
              }

              @Override
              public void atEnd(ClassBuilder builder) {
                addMembers(builder);
              }
            });
    for (Hook hook : type.hooks) {
      if (!used.contains(hook)) {
        throw new IllegalStateException(
            model.thisClass().asInternalName() + " has no method " + hook.method());
      }
    }
    return woven;
  }

  private Interfaces extended(Interfaces interfaces) {
    List<ClassDesc> all = new ArrayList<>();
    for (ClassEntry one : interfaces.interfaces()) {
      all.add(one.asSymbol());
    }
    for (String view : type.interfaces) {
      all.add(ClassDesc.ofInternalName(view));
    }
    return Interfaces.ofSymbols(all);
  }

  private void addMembers(ClassBuilder builder) {
    for (String slot : type.slots) {
      builder.withField(
          slot,
          ConstantDescs.CD_Object,
          ClassFile.ACC_PRIVATE | ClassFile.ACC_TRANSIENT | ClassFile.ACC_SYNTHETIC);
      method(
          builder,
          slot,
          MethodTypeDesc.of(ConstantDescs.CD_Object),
          code -> {
            code.aload(0);
            code.getfield(self, slot, ConstantDescs.CD_Object);
            code.areturn();
          });
      method(
          builder,
          slot,
          MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_Object),
          code -> {
            code.aload(0);
            code.aload(1);
            code.putfield(self, slot, ConstantDescs.CD_Object);
            code.return_();
          });
    }
    for (Weaving.Getter getter : type.getters) {
      ClassDesc kind = ClassDesc.ofDescriptor(getter.type());
      method(
          builder,
          getter.name(),
          MethodTypeDesc.of(kind.isPrimitive() ? kind : ConstantDescs.CD_Object),
          code -> {
            code.aload(0);
            code.getfield(self, getter.field(), kind);
            code.return_(TypeKind.from(kind));
          });
    }
    for (Weaving.Body body : type.bodies) {
      method(builder, body.name(), body.type(), body.code());
    }
  }

  private static void method(
      ClassBuilder builder,
      String name,
      MethodTypeDesc type,
      java.util.function.Consumer<CodeBuilder> code) {
    builder.withMethodBody(
        name, type, ClassFile.ACC_PUBLIC | ClassFile.ACC_SYNTHETIC | ClassFile.ACC_FINAL, code);
  }

  private void weave(ClassBuilder builder, MethodModel method) {
    String name = method.methodName().stringValue();
    String descriptor = method.methodType().stringValue();
    List<Hook> hooks = new ArrayList<>();
    for (Hook hook : type.hooks) {
      if (hook.isIn(name, descriptor) && !method.flags().has(AccessFlag.BRIDGE)) {
        used.add(hook);
        hooks.add(hook);
      }
    }
    if (method.code().isEmpty() || (hooks.isEmpty() && type.acquiring.isEmpty())) {
      builder.with(method);
    } else {
      builder.transformMethod(
          method, MethodTransform.transformingCode(new HookTransform(method, hooks)));
    }
  }

  /** Puts hooks into one method. */
  private final class HookTransform implements CodeTransform {
    private final MethodModel method;
    private final List<Hook> hooks;
    private @Nullable Label begin;

    HookTransform(MethodModel method, List<Hook> hooks) {
      this.method = method;
      this.hooks = hooks;
    }

    @Override
    public void atStart(CodeBuilder code) {
      call(code, Point.ENTRY, -1);
      if (hooks.stream().anyMatch(hook -> hook.point() == Point.EXIT)) {
        begin = code.newBoundLabel();
      }
    }

    @Override
    public void atEnd(CodeBuilder code) {
      if (begin != null) {
        Label end = code.newBoundLabel();
        code.exceptionCatchAll(begin, end, code.newBoundLabel());
        call(code, Point.EXIT, -1);
        code.athrow();
      }
    }

    @Override
    public void accept(CodeBuilder code, CodeElement element) {
      switch (element) {
        case ReturnInstruction back -> {
          int result = -1;
          if (back.typeKind() != TypeKind.VOID) {
            result = code.allocateLocal(back.typeKind());
            code.storeLocal(back.typeKind(), result);
          }
          call(code, Point.RETURN, result);
          call(code, Point.EXIT, result);
          if (result >= 0) {
            code.loadLocal(back.typeKind(), result);
          }
          code.with(back);
        }
        case FieldInstruction access
            when access.opcode() == Opcode.GETFIELD
                && type.acquiring.contains(
                    access.owner().asInternalName() + "." + access.name().stringValue()) -> {
          code.dup();
          code.with(access);
          code.swap();
          hookClass.call(code, "acquire");
        }
        default -> code.with(element);
      }
    }

    private void call(CodeBuilder code, Point point, int result) {
      for (Hook hook : hooks) {
        if (hook.point() == point) {
          for (Argument argument : hook.arguments()) {
            load(code, argument, result);
          }
          hookClass.call(code, hook.hook());
        }
      }
    }

    private void load(CodeBuilder code, Argument argument, int result) {
      switch (argument) {
        case Argument.Self() -> code.aload(0);
        case Argument.Parameter(int index) ->
            code.loadLocal(
                TypeKind.from(method.methodTypeSymbol().parameterType(index)),
                code.parameterSlot(index));
        case Argument.Result() ->
            code.loadLocal(TypeKind.from(method.methodTypeSymbol().returnType()), result);
        case Argument.Field(String name, String kind) -> {
          code.aload(0);
          code.getfield(self, name, ClassDesc.ofDescriptor(kind));
        }
      }
    }
  }
}
