package io.heddle;

import java.lang.management.ManagementFactory;
import javax.management.JMException;
import javax.management.ObjectName;
import org.jspecify.annotations.Nullable;

/** The bean that a JMX console sees. Needs the module java.management. */
final class GoroutinesBean implements GoroutinesMXBean {
  private GoroutinesBean() {}

  /** Returns what is in the way, null if nothing is. */
  static @Nullable String register() {
    try {
      ManagementFactory.getPlatformMBeanServer()
          .registerMBean(new GoroutinesBean(), new ObjectName("io.heddle:type=Goroutines"));
      return null;
    } catch (JMException e) { // another class loader's Heddle was first
      return e.toString();
    }
  }

  @Override
  public int getCount() {
    return Goroutines.count();
  }

  @Override
  public long getLeakCount() {
    return Leaks.count();
  }

  @Override
  public String getRuntimeInfo() {
    return RuntimeInfo.current().toString();
  }

  @Override
  public String dump() {
    return Goroutines.dump();
  }

  @Override
  public String dumpJson() {
    return Goroutines.dumpJson();
  }
}
