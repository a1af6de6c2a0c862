/** HTTP/1.1 on blocking sockets and goroutines: a server, and a pool of connections to one. */
@NullMarked
package io.heddle.http;

import org.jspecify.annotations.NullMarked;
