package io.heddle.race.agent;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Opcode;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.util.ArrayList;
import java.util.List;

/**
 * The arguments of a call, in variables, for hooks around it.
 *
 * @param receiver the variable of what it is called on, -1 if it is static
 * @param kinds those of its parameters
 * @param slots and their variables
 */
record Arguments(int receiver, List<TypeKind> kinds, List<Integer> slots) {
  /** Takes them off the stack. */
  static Arguments store(CodeBuilder code, InvokeInstruction call) {
    List<TypeKind> kinds = new ArrayList<>();
    List<Integer> slots = new ArrayList<>();
    for (ClassDesc parameter : call.typeSymbol().parameterList()) {
      TypeKind kind = TypeKind.from(parameter);
      kinds.add(kind);
      slots.add(code.allocateLocal(kind));
    }
    for (int i = kinds.size() - 1; i >= 0; i--) {
      code.storeLocal(kinds.get(i), slots.get(i));
    }
    int receiver = -1;
    if (call.opcode() != Opcode.INVOKESTATIC) {
      receiver = code.allocateLocal(TypeKind.REFERENCE);
      code.astore(receiver);
    }
    return new Arguments(receiver, kinds, slots);
  }

  /** Puts them on the stack again. */
  void load(CodeBuilder code) {
    if (receiver >= 0) {
      code.aload(receiver);
    }
    for (int i = 0; i < kinds.size(); i++) {
      load(code, i);
    }
  }

  /** Puts one on the stack. */
  void load(CodeBuilder code, int parameter) {
    code.loadLocal(kinds.get(parameter), slots.get(parameter));
  }
}
