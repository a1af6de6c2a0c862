package io.heddle.purge.engine;

import java.util.List;

/** Keys of one page that are deleted with one request. */
record Batch(PageTicket page, List<String> keys) {}
