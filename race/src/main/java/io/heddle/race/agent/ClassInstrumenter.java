package io.heddle.race.agent;

import static io.heddle.race.agent.Generated.FIELD_ACCESS;
import static io.heddle.race.agent.Generated.HOOKS;
import static io.heddle.race.agent.Generated.SHADOW;

import io.heddle.race.shadow.ClassState;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassElement;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodTransform;
import java.lang.classfile.TypeKind;
import java.lang.classfile.attribute.ConstantValueAttribute;
import java.lang.classfile.attribute.SourceFileAttribute;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import org.jspecify.annotations.Nullable;

/**
 * Instruments one class in scope: its methods, and members for the state of its fields. The state
 * of an object's fields is in a field of the object, one for each class of its hierarchy, and is
 * made when the first of these fields is accessed.
 */
final class ClassInstrumenter {
  private static final int SYNTHETIC_STATIC =
      ClassFile.ACC_PUBLIC | ClassFile.ACC_STATIC | ClassFile.ACC_SYNTHETIC;

  private static final MethodTypeDesc MAKE = MethodTypeDesc.of(SHADOW, ConstantDescs.CD_Object);

  private final ClassModel model;
  private final ClassLoader loader;
  private final Scope scope;
  private final Members members;
  private final Members.Type type;
  private final String sourceFile;
  private final boolean edgesOnly;
  private final int number;

  /**
   * Prepares a class.
   *
   * @param edgesOnly whether only what synchronises is of interest, and not what is accessed
   */
  ClassInstrumenter(ClassModel model, ClassLoader loader, Scope scope, boolean edgesOnly) {
    this.model = model;
    this.loader = loader;
    this.scope = scope;
    this.members = Members.of(loader);
    this.type = members.add(model);
    this.sourceFile =
        model
            .findAttribute(Attributes.sourceFile())
            .map(SourceFileAttribute::sourceFile)
            .map(Object::toString)
            .orElse("");
    this.edgesOnly = edgesOnly;
    this.number =
        edgesOnly
            ? -1
            : ClassState.register(
                type.name().replace('/', '.'), type.variables(true), type.variables(false));
  }

  /**
   * The instrumented class.
   *
   * @param methods false to only add members, which the accesses of other classes rely on
   */
  byte[] instrument(ClassFile file, boolean methods) {
    ClassTransform transform =
        new ClassTransform() {
          @Override
          public void accept(ClassBuilder builder, ClassElement element) {
            if (methods
                && element instanceof MethodModel method
                && method.code().isPresent()
                && MethodInstrumenter.concerns(method)) {
              builder.transformMethod(
                  method,
                  MethodTransform.transformingCode(
                      new MethodInstrumenter(ClassInstrumenter.this, method)));
            } else {
              builder.with(element);
            }
          }

          @Override
          public void atEnd(ClassBuilder builder) {
            if (!edgesOnly) {
              addMembers(builder);
            }
          }
        };
    return file.transformClass(model, transform);
  }

  private void addMembers(ClassBuilder builder) {
    if (type.hasState() || !type.isInterface()) {
      builder.withField(
          Generated.member("number", type.name()),
          ConstantDescs.CD_int,
          field -> {
            field.withFlags(SYNTHETIC_STATIC | ClassFile.ACC_FINAL);
            field.with(ConstantValueAttribute.of(number));
          });
    }
    if (type.count(false) > 0) {
      builder.withField(
          shadowField(),
          SHADOW,
          ClassFile.ACC_PRIVATE | ClassFile.ACC_TRANSIENT | ClassFile.ACC_SYNTHETIC);
      builder.withMethodBody(
          Generated.member("make", type.name()), MAKE, SYNTHETIC_STATIC, this::make);
      builder.withMethodBody(
          Generated.member("state", type.name()),
          MAKE,
          SYNTHETIC_STATIC,
          code -> {
            loadOrMakeShadow(code);
            code.areturn();
          });
      builder.withMethodBody(
          Generated.member("forget", type.name()),
          MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_Object),
          SYNTHETIC_STATIC,
          code -> {
            code.aload(0);
            code.checkcast(desc());
            code.aconst_null();
            code.putfield(desc(), shadowField(), SHADOW);
            code.return_();
          });
      for (String what : new String[] {"read", "write"}) {
        builder.withMethodBody(
            Generated.member(what, type.name()),
            FIELD_ACCESS,
            SYNTHETIC_STATIC,
            code -> access(code, what));
      }
    }
  }

  private String shadowField() {
    return Generated.member("shadow", type.name());
  }

  private void loadShadow(CodeBuilder code) {
    code.aload(0);
    code.checkcast(desc());
    code.getfield(desc(), shadowField(), SHADOW);
  }

  private void loadOrMakeShadow(CodeBuilder code) {
    Label known = code.newLabel();
    loadShadow(code);
    code.dup();
    code.ifnonnull(known);
    code.pop();
    code.aload(0);
    code.invokestatic(desc(), Generated.member("make", type.name()), MAKE);
    code.labelBinding(known);
  }

  /**
   * {@code void read(Object object, ThreadState thread, int variable, CallTree stack, int site)}.
   */
  private void access(CodeBuilder code, String what) {
    loadOrMakeShadow(code);
    code.aload(1);
    code.iload(2);
    code.aload(3);
    code.iload(4);
    code.aload(0);
    code.invokevirtual(
        SHADOW,
        what,
        MethodTypeDesc.of(
            ConstantDescs.CD_void,
            Generated.THREAD,
            ConstantDescs.CD_int,
            Generated.STACK,
            ConstantDescs.CD_int,
            ConstantDescs.CD_Object));
    code.return_();
  }

  /** Makes the state under a lock, so that of two threads that come first none is forgotten. */
  private void make(CodeBuilder code) {
    int lock = code.allocateLocal(TypeKind.REFERENCE);
    int made = code.allocateLocal(TypeKind.REFERENCE);
    code.aload(0);
    HOOKS.call(code, "stripe");
    code.astore(lock);
    code.aload(lock);
    code.monitorenter();
    Label begin = code.newBoundLabel();
    Label done = code.newLabel();
    loadShadow(code);
    code.astore(made);
    code.aload(made);
    code.ifnonnull(done);
    code.loadConstant(type.count(false));
    HOOKS.call(code, "shadow");
    code.astore(made);
    code.aload(0);
    code.checkcast(desc());
    code.aload(made);
    code.putfield(desc(), shadowField(), SHADOW);
    code.labelBinding(done);
    code.aload(lock);
    code.monitorexit();
    Label end = code.newBoundLabel();
    code.aload(made);
    code.areturn();
    code.exceptionCatchAll(begin, end, code.newBoundLabel());
    code.aload(lock);
    code.monitorexit();
    code.athrow();
  }

  /**
   * In a constructor, as soon as the object may be used. No other thread sees it yet, as a rule, so
   * this needs no lock.
   */
  void makeShadow(CodeBuilder code) {
    if (type.count(false) > 0) {
      Label known = code.newLabel();
      code.aload(0);
      code.getfield(desc(), shadowField(), SHADOW);
      code.ifnonnull(known);
      code.aload(0);
      code.loadConstant(type.count(false));
      HOOKS.call(code, "shadow");
      code.putfield(desc(), shadowField(), SHADOW);
      code.labelBinding(known);
    }
  }

  void loadState(CodeBuilder code) {
    Generated.loadState(code, desc(), type.name());
  }

  /** Loads the class itself, which is no constant in class files before version 49. */
  void loadClass(CodeBuilder code) {
    if (model.majorVersion() >= ClassFile.JAVA_5_VERSION) {
      code.loadConstant(desc());
    } else {
      code.loadConstant(type.name().replace('/', '.'));
      code.invokestatic(
          ConstantDescs.CD_Class,
          "forName",
          MethodTypeDesc.of(ConstantDescs.CD_Class, ConstantDescs.CD_String));
    }
  }

  String name() {
    return type.name();
  }

  ClassDesc desc() {
    return ClassDesc.ofInternalName(type.name());
  }

  String sourceFile() {
    return sourceFile;
  }

  boolean edgesOnly() {
    return edgesOnly;
  }

  /** Whether a timer of the JDK runs it. */
  boolean isTimerTask() {
    return type.supers().contains("java/util/TimerTask");
  }

  /** Whether it says what happens when all have arrived. */
  boolean isPhaser() {
    return type.supers().contains("java/util/concurrent/Phaser");
  }

  boolean hasInitialiser() {
    return !edgesOnly && type.hasInitialiser();
  }

  /** Whether a class in scope has an initialiser. */
  boolean hasInitialiser(String name) {
    Members.Type found = members.type(loader, name);
    return found != null && found.hasInitialiser();
  }

  Members.@Nullable Field find(FieldInstruction access) {
    return members.find(
        loader,
        scope,
        access.owner().asInternalName(),
        access.name().stringValue(),
        access.type().stringValue());
  }

  /** The contract of a call of the JDK; also where a class in scope inherits the method. */
  Contracts.@Nullable Contract contract(InvokeInstruction call) {
    String owner = call.owner().asInternalName();
    for (int depth = 0; scope.contains(owner) && depth < 20; depth++) {
      Members.Type found = members.type(loader, owner);
      if (found == null || found.declares(call) || found.supers().isEmpty()) {
        return null;
      }
      owner = found.supers().getFirst();
    }
    return Contracts.find(owner, call);
  }
}
