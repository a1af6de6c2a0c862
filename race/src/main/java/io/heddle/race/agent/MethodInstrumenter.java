package io.heddle.race.agent;

import static io.heddle.race.agent.Generated.CLASS;
import static io.heddle.race.agent.Generated.FIELD_ACCESS;
import static io.heddle.race.agent.Generated.HOOKS;
import static io.heddle.race.agent.Generated.THREAD;

import io.heddle.race.hook.Hooks;
import io.heddle.race.site.Site;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.Label;
import java.lang.classfile.MethodModel;
import java.lang.classfile.Opcode;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.ArrayLoadInstruction;
import java.lang.classfile.instruction.ArrayStoreInstruction;
import java.lang.classfile.instruction.BranchInstruction;
import java.lang.classfile.instruction.ExceptionCatch;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.LabelTarget;
import java.lang.classfile.instruction.LineNumber;
import java.lang.classfile.instruction.MonitorInstruction;
import java.lang.classfile.instruction.NewObjectInstruction;
import java.lang.classfile.instruction.ReturnInstruction;
import java.lang.constant.MethodTypeDesc;
import java.lang.reflect.AccessFlag;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Instruments one method. It gets two more variables: the state of the thread that runs it, and its
 * stack. They are set once, when it is entered, so that an access costs no look-up of the thread.
 *
 * <p>What is added is straight-line code with balanced stacks, so that the class-file API can
 * compute new stack maps without loading a class.
 */
final class MethodInstrumenter implements CodeTransform {
  /** What they do stays among themselves. */
  private static final Set<String> ARITHMETIC =
      Set.of(
          "java/lang/Math",
          "java/lang/StrictMath",
          "java/lang/Boolean",
          "java/lang/Byte",
          "java/lang/Character",
          "java/lang/Double",
          "java/lang/Float",
          "java/lang/Integer",
          "java/lang/Long",
          "java/lang/Short");

  /** How many accesses of a method remember the page that they have accessed last. */
  private static final int MAX_REMEMBERED = 24;

  private final ClassInstrumenter type;
  private final String name;
  private final boolean isStatic;
  private final boolean isSynchronized;

  /** Whether what it throws is caught on its way out. */
  private final boolean catches;

  /** Whether it calls nothing that is instrumented, and so needs no stack of its own. */
  private final boolean isLeaf;

  private int thread;
  private int stack;
  private int line;

  /** What the method is called back in; null if it was called by instrumented code. */
  private int operation;

  /** By access to an array in a loop: the variables for what it remembers. */
  private final Remembered[] remembered;

  private int arrayAccesses;

  /** The variables for the array and the index of an access. */
  private int array;

  private int index;

  /** Where it catches what an interrupt may cause. */
  private final Set<Label> handlers;

  /** In a constructor: objects that were made and are not initialised yet, as far as read. */
  private int pending;

  /** Whether {@code this} may be used: in a constructor, after the other one was called. */
  private boolean initialised;

  private @Nullable Label begin;

  MethodInstrumenter(ClassInstrumenter type, MethodModel method) {
    this.type = type;
    this.name = method.methodName().stringValue();
    this.isStatic = method.flags().has(AccessFlag.STATIC);
    this.isSynchronized = method.flags().has(AccessFlag.SYNCHRONIZED);
    this.initialised = !isConstructor();
    Shape shape = Shape.of(method);
    this.isLeaf = !shape.calls;
    // A compiler gives up a method in which a handler may or may not hold the monitor of a block.
    this.catches =
        isSynchronized || !(type.edgesOnly() || isLeaf || isConstructor() || shape.locks);
    this.handlers = shape.handlers;
    this.remembered =
        new Remembered[shape.loops ? Math.min(shape.arrayAccesses, MAX_REMEMBERED) : 0];
  }

  /** Of the last access at the same place: see {@link Hooks#isKnown}. */
  private record Remembered(int array, int page, int elements) {}

  /** What has to be known of a method before its first instruction. */
  private record Shape(
      boolean calls, boolean locks, boolean loops, int arrayAccesses, Set<Label> handlers) {
    static Shape of(MethodModel method) {
      boolean calls = false;
      boolean locks = false;
      boolean loops = false;
      int arrayAccesses = 0;
      Set<Label> passed = new HashSet<>();
      Set<Label> handlers = new HashSet<>();
      for (CodeElement element : method.code().orElseThrow()) {
        switch (element) {
          case InvokeInstruction call -> calls |= mayCallBack(call);
          case InvokeDynamicInstruction call -> calls = true;
          case MonitorInstruction monitor -> locks = true;
          case LabelTarget target -> passed.add(target.label());
          case BranchInstruction branch -> loops |= passed.contains(branch.target());
          case ExceptionCatch handled when catchesInterrupts(handled) ->
              handlers.add(handled.handler());
          case ArrayLoadInstruction load -> arrayAccesses++;
          case ArrayStoreInstruction store -> arrayAccesses++;
          default -> {}
        }
      }
      return new Shape(calls, locks, loops, arrayAccesses, handlers);
    }

    private static boolean catchesInterrupts(ExceptionCatch handled) {
      return handled
          .catchType()
          .map(caught -> caught.asInternalName())
          .map(name ->
              name.equals("java/lang/InterruptedException")
                  || name.equals("java/lang/Exception")
                  || name.equals("java/lang/Throwable"))
          .orElse(true);
    }
  }

  /** Whether there is anything in the method to instrument. */
  static boolean concerns(MethodModel method) {
    if (method.flags().has(AccessFlag.SYNCHRONIZED)) {
      return true;
    }
    return method
        .code()
        .map(code ->
            code.elementStream()
                .anyMatch(e ->
                    e instanceof FieldInstruction
                        || e instanceof ArrayLoadInstruction
                        || e instanceof ArrayStoreInstruction
                        || e instanceof InvokeInstruction
                        || e instanceof InvokeDynamicInstruction
                        || e instanceof MonitorInstruction))
        .orElse(false);
  }

  /** Whether instrumented code may run before the call returns. */
  private static boolean mayCallBack(InvokeInstruction call) {
    String owner = call.owner().asInternalName();
    return !ARITHMETIC.contains(owner)
        && !(owner.equals("java/lang/Object") && call.name().equalsString("<init>"));
  }

  private boolean isConstructor() {
    return name.equals("<init>");
  }

  private boolean isInitialiser() {
    return name.equals("<clinit>");
  }

  @Override
  public void atStart(CodeBuilder code) {
    thread = code.allocateLocal(TypeKind.REFERENCE);
    stack = code.allocateLocal(TypeKind.REFERENCE);
    code.invokestatic(THREAD, "current", MethodTypeDesc.of(THREAD));
    code.astore(thread);
    if (!type.edgesOnly() && !isLeaf) {
      threadHook(code, "entered");
      code.astore(stack);
    }
    if (!type.edgesOnly()) {
      operation = code.allocateLocal(TypeKind.REFERENCE);
      threadHook(code, "calledBack");
      code.astore(operation);
      if (remembered.length > 0) {
        array = code.allocateLocal(TypeKind.REFERENCE);
        index = code.allocateLocal(TypeKind.INT);
      }
      for (int i = 0; i < remembered.length; i++) {
        remembered[i] =
            new Remembered(
                code.allocateLocal(TypeKind.REFERENCE),
                code.allocateLocal(TypeKind.LONG),
                code.allocateLocal(TypeKind.LONG));
        code.aconst_null();
        code.astore(remembered[i].array);
        code.lconst_0();
        code.lstore(remembered[i].page);
        code.lconst_0();
        code.lstore(remembered[i].elements);
      }
    }
    if (type.hasInitialiser() && (isStatic || isConstructor()) && !isInitialiser()) {
      type.loadState(code);
      code.aload(thread);
      use(code);
    }
    if (!isStatic
        && ((type.isTimerTask() && name.equals("run"))
            || (type.isPhaser() && name.equals("onAdvance")))) {
      code.aload(0);
      threadHook(code, "begins");
    }
    if (isInitialiser() && !type.edgesOnly()) {
      threadHook(code, "initialises");
    }
    if (isSynchronized) {
      monitor(code);
      threadHook(code, "monitorEntered");
    }
    if (catches) {
      begin = code.newBoundLabel();
    }
  }

  @Override
  public void atEnd(CodeBuilder code) {
    if (begin != null) {
      Label end = code.newBoundLabel();
      Label handler = code.newBoundLabel();
      code.exceptionCatchAll(begin, end, handler);
      if (isSynchronized) {
        leaveMonitor(code);
      }
      if (!type.edgesOnly()) {
        code.aload(operation);
        threadHook(code, "fails");
      }
      code.athrow();
    }
  }

  private void monitor(CodeBuilder code) {
    if (isStatic) {
      type.loadClass(code);
    } else {
      code.aload(0);
    }
  }

  private void leaveMonitor(CodeBuilder code) {
    monitor(code);
    threadHook(code, "monitorLeaves");
  }

  @Override
  public void accept(CodeBuilder code, CodeElement element) {
    switch (element) {
      case LineNumber number -> {
        line = number.line();
        code.with(number);
      }
      case LabelTarget target -> {
        code.with(target);
        if (handlers.contains(target.label())) {
          code.dup();
          threadHook(code, "caught");
        }
      }
      case FieldInstruction access -> access(code, access);
      case ArrayLoadInstruction load -> {
        if (!type.edgesOnly()) {
          code.dup2();
          element(code, "arrayRead");
        }
        code.with(load);
      }
      case ArrayStoreInstruction store -> {
        if (!type.edgesOnly()) {
          beforeStore(code, store);
        }
        code.with(store);
      }
      case MonitorInstruction monitor -> monitor(code, monitor);
      case NewObjectInstruction made -> {
        pending++;
        code.with(made);
      }
      case InvokeInstruction call -> call(code, call);
      case InvokeDynamicInstruction call -> {
        String called = call.name().stringValue();
        calls(code, called);
        if (called.startsWith("makeConcat") && !type.edgesOnly()) {
          Contracts.concatenate(code, call, frame(called));
        } else {
          code.with(call);
        }
      }
      case ReturnInstruction back -> {
        if (isSynchronized) {
          leaveMonitor(code);
        }
        if (type.isPhaser() && name.equals("onAdvance")) {
          code.aload(0); // before any thread continues
          threadHook(code, "passesOn");
        }
        if (isInitialiser() && !type.edgesOnly()) {
          type.loadState(code);
          code.aload(thread);
          code.invokevirtual(
              CLASS,
              "initialised",
              MethodTypeDesc.ofDescriptor("(" + THREAD.descriptorString() + ")V"));
        }
        if (!type.edgesOnly() && !isLeaf) {
          code.aload(thread);
          code.aload(stack);
          HOOKS.call(code, "left");
        }
        if (!type.edgesOnly()) {
          code.aload(operation);
          threadHook(code, "returns");
        }
        code.with(back);
      }
      default -> code.with(element);
    }
  }

  // Fields. The hook of a read, and of a plain write, comes after the access, so that an access by
  // null fails as it would, with the JVM's message.

  private void access(CodeBuilder code, FieldInstruction access) {
    Members.Field field = type.find(access);
    boolean isWide = TypeKind.from(access.typeSymbol()).slotSize() == 2;
    if (field == null
        || (field.isFinal() && !field.isStatic())
        || (type.edgesOnly() && (field.isStatic() || !field.isVolatile()))) {
      code.with(access);
    } else {
      switch (access.opcode()) {
        case GETFIELD -> {
          code.dup();
          code.with(access);
          swapUnder(code, isWide);
          afterRead(code, access, field);
        }
        case PUTFIELD -> {
          if (!initialised && field.owner().equals(type.name())) {
            code.with(access); // no other thread can see the object
          } else if (field.isVolatile()) {
            copyUnder(code, isWide);
            volatileAccess(code, field, type.edgesOnly() ? "volatileReleases" : "volatileWrite");
            code.with(access);
          } else if (isWide) {
            copyUnder(code, true);
            code.dup_x2();
            code.pop();
            code.with(access);
            fieldHook(code, access, field, "write");
          } else {
            code.dup2();
            code.with(access);
            code.pop();
            fieldHook(code, access, field, "write");
          }
        }
        case GETSTATIC -> {
          code.with(access);
          staticAccess(code, access, field, "volatileRead", "staticRead");
        }
        default -> {
          if (field.isVolatile()) {
            staticAccess(code, access, field, "volatileWrite", "");
            code.with(access);
          } else {
            code.with(access);
            staticAccess(code, access, field, "", "staticWrite");
          }
        }
      }
    }
  }

  /** From an object and a value to the value and the object. */
  private static void swapUnder(CodeBuilder code, boolean isWide) {
    if (isWide) {
      code.dup2_x1();
      code.pop2();
    } else {
      code.swap();
    }
  }

  /** From an object and a value to these two and the object again. */
  private static void copyUnder(CodeBuilder code, boolean isWide) {
    if (isWide) {
      code.dup2_x1();
      code.pop2();
      code.dup_x2();
    } else {
      code.dup2();
      code.pop();
    }
  }

  private void afterRead(CodeBuilder code, FieldInstruction access, Members.Field field) {
    if (field.isVolatile()) {
      volatileAccess(code, field, type.edgesOnly() ? "volatileAcquired" : "volatileRead");
    } else {
      fieldHook(code, access, field, "read");
    }
  }

  private void volatileAccess(CodeBuilder code, Members.Field field, String hook) {
    code.loadConstant(field.owner() + "." + field.name());
    threadHook(code, hook);
  }

  /** With the object on the stack. The class that the access names inherits the hook. */
  private void fieldHook(
      CodeBuilder code, FieldInstruction access, Members.Field field, String what) {
    code.aload(thread);
    code.loadConstant(field.variable());
    stack(code);
    code.loadConstant(site(member(field)));
    code.invokestatic(
        access.owner().asSymbol(), Generated.member(what, field.owner()), FIELD_ACCESS);
  }

  private void staticAccess(
      CodeBuilder code,
      FieldInstruction access,
      Members.Field field,
      String volatileHook,
      String plainHook) {
    if (field.isFinal()) {
      if (plainHook.equals("staticRead")
          && !field.owner().equals(type.name())
          && type.hasInitialiser(field.owner())) {
        Generated.loadState(code, access.owner().asSymbol(), field.owner());
        code.aload(thread);
        use(code);
      }
      return;
    }
    Generated.loadState(code, access.owner().asSymbol(), field.owner());
    if (field.isVolatile()) {
      code.loadConstant(field.name());
      threadHook(code, volatileHook);
    } else {
      code.aload(thread);
      code.loadConstant(field.variable());
      stack(code);
      code.loadConstant(site(member(field)));
      HOOKS.call(code, plainHook);
    }
  }

  private static void use(CodeBuilder code) {
    code.invokevirtual(
        CLASS, "use", MethodTypeDesc.ofDescriptor("(" + THREAD.descriptorString() + ")V"));
  }

  private static String member(Members.Field field) {
    String owner = field.owner();
    return owner.substring(owner.lastIndexOf('/') + 1).replace('$', '.') + "." + field.name();
  }

  // Arrays. The hook comes before the access, and ignores what will fail.

  private void beforeStore(CodeBuilder code, ArrayStoreInstruction store) {
    if (store.typeKind().slotSize() == 2) {
      code.dup2_x2();
      code.pop2();
      code.dup2_x2();
    } else {
      code.dup_x2();
      code.pop();
      code.dup2_x1();
    }
    element(code, "arrayWrite");
  }

  /** With the array and the index on the stack. */
  private void element(CodeBuilder code, String hook) {
    if (arrayAccesses == remembered.length) {
      elementHook(code, hook);
      code.pop2();
      return;
    }
    Remembered last = remembered[arrayAccesses++];
    Label known = code.newLabel();
    code.istore(index);
    code.astore(array);
    code.aload(array);
    code.iload(index);
    code.aload(last.array);
    code.lload(last.page);
    code.lload(last.elements);
    threadHook(code, "isKnown");
    code.ifne(known);
    code.aload(array);
    code.iload(index);
    elementHook(code, hook);
    code.lstore(last.elements);
    code.iload(index);
    threadHook(code, "page");
    code.lstore(last.page);
    code.aload(array);
    code.astore(last.array);
    code.labelBinding(known);
  }

  private void elementHook(CodeBuilder code, String hook) {
    code.aload(thread);
    stack(code);
    code.loadConstant(site("array element"));
    HOOKS.call(code, hook);
  }

  private void stack(CodeBuilder code) {
    if (isLeaf) {
      code.aconst_null();
    } else {
      code.aload(stack);
    }
  }

  // Monitors and calls.

  private void monitor(CodeBuilder code, MonitorInstruction monitor) {
    code.dup();
    if (monitor.opcode() == Opcode.MONITORENTER) {
      code.with(monitor);
      threadHook(code, "monitorEntered");
    } else {
      threadHook(code, "monitorLeaves");
      code.with(monitor);
    }
  }

  private void call(CodeBuilder code, InvokeInstruction call) {
    String called = call.name().stringValue();
    if (called.equals("<init>") && isConstructor() && !initialised) {
      if (pending > 0) {
        pending--;
      } else {
        if (mayCallBack(call)) {
          calls(code, called);
        }
        code.with(call);
        initialised = true;
        if (!type.edgesOnly() && !call.owner().asInternalName().equals(type.name())) {
          type.makeShadow(code);
        }
        return;
      }
    }
    if (mayCallBack(call)) {
      calls(code, simple(call.owner().asInternalName()) + "." + called);
    }
    Contracts.Contract contract = type.contract(call);
    if (contract == null) {
      code.with(call);
    } else {
      contract.emit(code, call, frame(simple(call.owner().asInternalName()) + "." + called));
    }
  }

  private Contracts.Frame frame(String called) {
    boolean checks = !type.edgesOnly();
    return new Contracts.Frame(thread, checks && !isLeaf ? stack : -1, site(called), checks);
  }

  private static String simple(String owner) {
    return owner.substring(owner.lastIndexOf('/') + 1).replace('$', '.');
  }

  private void calls(CodeBuilder code, String called) {
    if (type.edgesOnly()) {
      return;
    }
    code.aload(thread);
    code.aload(stack);
    code.loadConstant(site(called));
    HOOKS.call(code, "calls");
  }

  private int site(String member) {
    return new Site(type.name().replace('/', '.'), name, type.sourceFile(), line, member)
        .register();
  }

  /** With the other arguments on the stack. */
  private void threadHook(CodeBuilder code, String name) {
    code.aload(thread);
    HOOKS.call(code, name);
  }
}
