/** What keeps files to one run, or one server. */
@NullMarked
package io.heddle.purge.files;

import org.jspecify.annotations.NullMarked;
