package io.heddle;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where goroutines wait that are alike: same name, wait, stack and creator.
 *
 * @param name null if they were given none
 */
record LeakSite(
    @Nullable String name, String waitReason, List<StackTraceElement> stack, String createdBy) {}
