/** Keys and certificates as files, which survive a crash and which other users cannot read. */
@NullMarked
package io.heddle.orders.files;

import org.jspecify.annotations.NullMarked;
