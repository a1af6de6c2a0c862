package io.heddle.race.kernels;

import io.heddle.race.report.Reports;
import java.util.ArrayList;
import java.util.List;

/** Runs the kernels under the agent, and says for each whether a race was reported. */
public final class KernelRunner {
  private KernelRunner() {}

  /** Runs those whose name begins as given, so many times. */
  public static void main(String[] args) throws Exception {
    String prefix = args.length > 0 ? args[0] : "";
    int times = args.length > 1 ? Integer.parseInt(args[1]) : 1;
    List<Kernel> all = new ArrayList<>();
    all.addAll(ChannelKernels.all());
    all.addAll(SyncKernels.all());
    all.addAll(MemoryKernels.all());
    all.addAll(SelectKernels.all());
    all.addAll(TimerKernels.all());
    all.addAll(JdkKernels.all());
    all.addAll(GokerKernels.all());
    all.addAll(ContractKernels.all());
    all.addAll(CallbackKernels.all());
    all.addAll(OperationKernels.all());
    for (Kernel kernel : all) {
      if (kernel.name().startsWith(prefix)) {
        int found = 0;
        String last = null;
        for (int i = 0; i < times; i++) {
          Reports.take();
          kernel.body().run();
          List<String[]> races = Reports.take();
          found += races.isEmpty() ? 0 : 1;
          last = races.isEmpty() ? last : races.getFirst()[1];
        }
        boolean right = found == (kernel.races() ? times : 0);
        System.out.printf(
            "%s %s %s %d/%d%n",
            right ? "ok" : "WRONG", kernel.races() ? "R" : "N", kernel.name(), found, times);
        if (last != null && !kernel.races()) {
          System.out.print(last);
        }
      }
    }
    System.out.println("end of kernels");
  }
}
