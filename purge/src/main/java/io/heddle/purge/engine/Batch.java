package io.heddle.purge.engine;

import java.util.List;

/** Keys that are deleted with one request, all of one page. */
record Batch(PageTicket page, List<String> keys) {}
