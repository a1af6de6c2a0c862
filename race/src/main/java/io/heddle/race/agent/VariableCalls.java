package io.heddle.race.agent;

import io.heddle.race.hook.VariableHooks;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Calls of variable handles and field updaters, and of the methods that make them. */
final class VariableCalls {
  private static final HookClass HOOKS = new HookClass(VariableHooks.class);

  private static final String VAR_HANDLE = "java/lang/invoke/VarHandle";
  private static final String LOOKUP = "java/lang/invoke/MethodHandles$Lookup";
  private static final String ATOMICS = "java/util/concurrent/atomic/";
  private static final String UPDATER = "FieldUpdater";

  private static final int READ = VariableHooks.READ;
  private static final int WRITE = VariableHooks.WRITE;
  private static final int ATOMIC = VariableHooks.ATOMIC;
  private static final int RELEASE = VariableHooks.RELEASE;

  private VariableCalls() {}

  /**
   * What an operation does.
   *
   * @param before the bits of {@link VariableHooks}
   * @param acquires whether it acquires when it is over
   * @param compares whether its result says if it has written
   */
  private record Mode(int before, boolean acquires, boolean compares) {
    /** That of a method of a handle; null if it is none that accesses the variable. */
    static @Nullable Mode of(String name) {
      if (name.equals("get") || name.equals("set")) {
        return new Mode(name.equals("get") ? READ : WRITE, false, false);
      }
      boolean gets = name.startsWith("get");
      if (name.startsWith("compareAnd") || name.startsWith("weakCompareAnd")) {
        // Without an order for the release, there is one edge too many at most.
        boolean isPlain = name.endsWith("Plain");
        return new Mode(READ | ATOMIC | (isPlain ? 0 : RELEASE), !isPlain, name.contains("AndSet"));
      } else if (gets && name.contains("And")) {
        return new Mode(READ | WRITE | ATOMIC | RELEASE, true, false);
      }
      return switch (name) {
        case "getVolatile", "getAcquire" -> new Mode(READ | ATOMIC, true, false);
        case "getOpaque" -> new Mode(READ | ATOMIC, false, false);
        case "setVolatile", "setRelease" -> new Mode(WRITE | ATOMIC | RELEASE, false, false);
        case "setOpaque" -> new Mode(WRITE | ATOMIC, false, false);
        default -> null;
      };
    }

    /** That of a method of an atomic array, each of whose elements has a clock of its own. */
    static @Nullable Mode ofElement(String name) {
      return switch (name) {
        case "get", "getAcquire" -> new Mode(ATOMIC, true, false);
        case "set", "lazySet", "setRelease" -> new Mode(ATOMIC | RELEASE, false, false);
        case "getPlain", "setPlain", "getOpaque", "setOpaque", "weakCompareAndSetPlain" -> null;
        default -> new Mode(ATOMIC | RELEASE, true, false);
      };
    }

    /** That of a method of an updater, whose field is volatile, and so no variable that races. */
    static @Nullable Mode ofUpdater(String name) {
      return switch (name) {
        case "get" -> new Mode(0, true, false);
        case "set", "lazySet" -> new Mode(RELEASE, false, false);
        default -> new Mode(RELEASE, true, false);
      };
    }
  }

  /** What is called. */
  private enum Kind {
    HANDLE,
    UPDATER,
    ATOMIC_ARRAY
  }

  /** The contract of a call; null if it is another's. */
  static Contracts.@Nullable Contract find(String owner, InvokeInstruction call) {
    String name = call.name().stringValue();
    boolean isUpdater = owner.endsWith(UPDATER);
    if (isUpdater && name.equals("newUpdater")) {
      return new Maker(call.typeSymbol().parameterCount() - 1);
    }
    if (owner.equals(LOOKUP)
        && (name.equals("findVarHandle") || name.equals("findStaticVarHandle"))) {
      return new Maker(1);
    }
    if (owner.equals("java/lang/reflect/Field")
        && !call.typeSymbol().parameterList().isEmpty()
        && call.typeSymbol().parameterType(0).equals(ConstantDescs.CD_Object)
        && (name.startsWith("get") || name.startsWith("set"))) {
      return new Reflected(name.startsWith("set"));
    }
    if (owner.startsWith(ATOMICS)
        && owner.endsWith("Array")
        && !call.typeSymbol().parameterList().isEmpty()
        && call.typeSymbol().parameterType(0).equals(ConstantDescs.CD_int)
        && !name.equals("<init>")) {
      Mode element = Mode.ofElement(name);
      return element == null ? null : new Use(element, Kind.ATOMIC_ARRAY);
    }
    Mode mode =
        owner.equals(VAR_HANDLE)
            ? Mode.of(name)
            : isUpdater && !name.equals("<init>") ? Mode.ofUpdater(name) : null;
    return mode == null ? null : new Use(mode, isUpdater ? Kind.UPDATER : Kind.HANDLE);
  }

  /**
   * A call that makes a handle of the field with the name in a parameter, of the class in the
   * first.
   */
  private record Maker(int name) implements Contracts.Contract {
    @Override
    public void emit(CodeBuilder code, InvokeInstruction call, Contracts.Frame frame) {
      Arguments arguments = Arguments.store(code, call);
      arguments.load(code);
      code.with(call);
      code.dup();
      int made = code.allocateLocal(TypeKind.REFERENCE);
      code.astore(made);
      arguments.load(code, 0);
      arguments.load(code, name);
      code.aload(made);
      HOOKS.call(code, "found");
    }
  }

  /** A call that reads or writes a field by reflection. */
  private record Reflected(boolean writes) implements Contracts.Contract {
    @Override
    public void emit(CodeBuilder code, InvokeInstruction call, Contracts.Frame frame) {
      Arguments arguments = Arguments.store(code, call);
      code.aload(arguments.receiver());
      arguments.load(code, 0);
      code.loadConstant(writes ? 1 : 0);
      code.loadConstant(frame.checks() ? 1 : 0);
      frame.load(code);
      HOOKS.call(code, "reflected");
      arguments.load(code);
      code.with(call);
      if (!writes) {
        TypeKind kind = TypeKind.from(call.typeSymbol().returnType());
        int result = code.allocateLocal(kind);
        code.storeLocal(kind, result);
        code.aload(arguments.receiver());
        arguments.load(code, 0);
        frame.loadThread(code);
        HOOKS.call(code, "reflectedRead");
        code.loadLocal(kind, result);
      }
    }
  }

  /** A call that uses a handle or an updater. */
  private record Use(Mode mode, Kind kind) implements Contracts.Contract {
    @Override
    public void emit(CodeBuilder code, InvokeInstruction call, Contracts.Frame frame) {
      Arguments arguments = Arguments.store(code, call);
      int bits = frame.checks() ? mode.before : mode.before & ~(READ | WRITE | ATOMIC);
      if (bits != 0) {
        subject(code, arguments, call);
        code.loadConstant(bits);
        frame.load(code);
        HOOKS.call(code, "before");
      }
      boolean callsBack = Contracts.takesFunction(call);
      if (callsBack) {
        subject(code, arguments, call);
        frame.loadThread(code);
        HOOKS.call(code, "update");
      }
      arguments.load(code);
      code.with(call);
      if (mode.acquires || mode.compares) {
        TypeKind returned = TypeKind.from(call.typeSymbol().returnType());
        int result = returned == TypeKind.VOID ? -1 : code.allocateLocal(returned);
        if (result >= 0) {
          code.storeLocal(returned, result);
        }
        subject(code, arguments, call);
        if (mode.compares && returned == TypeKind.BOOLEAN && frame.checks()) {
          code.iload(result);
          frame.load(code);
          HOOKS.call(code, "compared");
        } else {
          String after = callsBack ? "updated" : "acquire";
          frame.loadThread(code);
          HOOKS.call(code, after);
        }
        if (result >= 0) {
          code.loadLocal(returned, result);
        }
      }
    }

    /** The handle, the object that the variable is in, and its index there. */
    private void subject(CodeBuilder code, Arguments arguments, InvokeInstruction call) {
      if (kind == Kind.ATOMIC_ARRAY) {
        code.aload(arguments.receiver());
        code.aload(arguments.receiver());
        arguments.load(code, 0);
        return;
      }
      List<ClassDesc> types = call.typeSymbol().parameterList();
      boolean isInObject = !types.isEmpty() && !types.getFirst().isPrimitive();
      code.aload(arguments.receiver());
      if (isInObject) {
        arguments.load(code, 0);
      } else {
        code.aconst_null();
      }
      if (kind == Kind.HANDLE
          && isInObject
          && types.getFirst().isArray()
          && types.size() > 1
          && types.get(1).equals(ConstantDescs.CD_int)) {
        arguments.load(code, 1);
      } else {
        code.loadConstant(-1);
      }
    }
  }
}
