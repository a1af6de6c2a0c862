package io.heddle.race.hook;

import io.heddle.race.clock.Operation;
import io.heddle.race.clock.SyncVar;
import io.heddle.race.clock.ThreadState;
import io.heddle.race.clock.WeakIdentityMap;
import io.heddle.race.shadow.ArrayShadow;
import io.heddle.race.shadow.ClassState;
import io.heddle.race.shadow.FieldState;
import io.heddle.race.shadow.Shadow;
import io.heddle.race.site.CallTree;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import org.jspecify.annotations.Nullable;

/**
 * What instrumented classes call before and after they use variable handles and field updaters.
 * These stand for fields that others access without them, so the clock is that of the field, and an
 * access is one to the field: two atomic ones do not conflict, an atomic one and a plain one do.
 *
 * <p>A hook gets what stands for the variable, the object or array that has the variable (null for
 * a static field), and the index of the element (-1 for a field); then the calling thread, the
 * stack of the calling method (null if it calls nothing), and the place in that method.
 */
public final class VariableHooks {
  /** What an operation does, in bits. */
  public static final int READ = 1;

  /** It writes. */
  public static final int WRITE = 2;

  /** It does not conflict with others that have this bit. */
  public static final int ATOMIC = 4;

  /** It publishes. */
  public static final int RELEASE = 8;

  private static final WeakIdentityMap<FieldState> FIELDS = new WeakIdentityMap<>();

  private VariableHooks() {}

  /**
   * A handle or an updater was asked for.
   *
   * @param owner the class whose field it is, or a subclass
   * @param handle what stands for the field
   */
  public static void found(@Nullable Class<?> owner, @Nullable String name, Object handle) {
    if (name == null) {
      return;
    }
    for (Class<?> at = owner; at != null; at = at.getSuperclass()) {
      for (Field field : at.getDeclaredFields()) {
        if (field.getName().equals(name)) {
          FieldState state = FieldState.of(field);
          FIELDS.get(handle, key -> state);
          return;
        }
      }
    }
  }

  /**
   * A variable is about to be used.
   *
   * @param what the bits
   */
  public static void before(
      @Nullable Object handle,
      @Nullable Object object,
      int index,
      int what,
      ThreadState thread,
      @Nullable CallTree stack,
      int site) {
    if (handle == null) {
      return; // fails on its own
    }
    if ((what & (READ | WRITE | ATOMIC)) != 0) {
      thread.turn();
    }
    FieldState field = FIELDS.get(handle);
    access(field, object, index, what, thread, stack, site);
    if ((what & RELEASE) != 0) {
      clock(handle, field, object, index).release(thread);
    }
  }

  private static void access(
      @Nullable FieldState field,
      @Nullable Object object,
      int index,
      int what,
      ThreadState thread,
      @Nullable CallTree stack,
      int site) {
    if ((what & (READ | WRITE)) == 0) {
      return;
    }
    boolean writes = (what & WRITE) != 0;
    boolean atomic = (what & ATOMIC) != 0;
    if (object != null && index >= 0) {
      if (object.getClass().isArray()) {
        ArrayShadow shadow = ArrayShadow.of(object);
        if (atomic) {
          shadow.atomic(thread, object, index, writes, stack, site);
        } else if (writes) {
          shadow.write(thread, object, index, stack, site);
        } else {
          shadow.read(thread, object, index, stack, site);
        }
      }
      return;
    }
    Shadow shadow = field == null ? null : field.shadow(object);
    if (field != null && shadow != null) {
      Object whole = field.whole(object);
      if (atomic) {
        shadow.atomic(thread, field.variable(), writes, stack, site, whole, 0);
      } else if (writes) {
        shadow.write(thread, field.variable(), stack, site, whole);
      } else {
        shadow.read(thread, field.variable(), stack, site, whole);
      }
    }
  }

  /** What was released to the variable has been acquired. */
  public static void acquire(
      Object handle, @Nullable Object object, int index, ThreadState thread) {
    clock(handle, FIELDS.get(handle), object, index).acquire(thread);
  }

  /** A variable is about to be updated to what a function says. */
  public static void update(
      @Nullable Object handle, @Nullable Object object, int index, ThreadState thread) {
    if (handle != null) {
      SyncVar clock = clock(handle, FIELDS.get(handle), object, index);
      thread.operation = new Operation(clock, true, null);
    }
  }

  /** A variable has been updated to what a function says. */
  public static void updated(
      Object handle, @Nullable Object object, int index, ThreadState thread) {
    thread.operation = null;
    acquire(handle, object, index, thread);
  }

  /** A comparison has succeeded or not: it has written only if so, and acquires in any case. */
  public static void compared(
      Object handle,
      @Nullable Object object,
      int index,
      boolean success,
      ThreadState thread,
      @Nullable CallTree stack,
      int site) {
    FieldState field = FIELDS.get(handle);
    clock(handle, field, object, index).acquire(thread);
    if (success) {
      access(field, object, index, WRITE | ATOMIC, thread, stack, site);
    }
  }

  /** A field is about to be accessed by reflection. */
  public static void reflected(
      @Nullable Field field,
      @Nullable Object object,
      boolean writes,
      boolean checks,
      ThreadState thread,
      @Nullable CallTree stack,
      int site) {
    if (field == null) {
      return; // fails on its own
    }
    FieldState state = FIELDS.get(field, key -> FieldState.of((Field) key));
    if (!Modifier.isVolatile(field.getModifiers())) {
      if (checks) {
        access(state, object, -1, writes ? WRITE : READ, thread, stack, site);
      }
    } else if (writes) {
      clock(field, state, object, -1).release(thread);
    }
  }

  /** A field has been read by reflection. */
  public static void reflectedRead(Field field, @Nullable Object object, ThreadState thread) {
    if (Modifier.isVolatile(field.getModifiers())) {
      clock(field, FIELDS.get(field), object, -1).acquire(thread);
    }
  }

  /** That of the field or the element; if it is not known which, the handle's in the object. */
  private static SyncVar clock(
      Object handle, @Nullable FieldState field, @Nullable Object object, int index) {
    if (object != null && index >= 0) {
      return SyncVar.of(object, index);
    }
    if (field != null) {
      ClassState type = field.type();
      Object owner = field.isStatic() && type != null ? type : object;
      return owner == null ? SyncVar.of(handle) : SyncVar.of(owner, field.key());
    }
    return object == null ? SyncVar.of(handle) : SyncVar.of(object, SyncVar.of(handle));
  }
}
