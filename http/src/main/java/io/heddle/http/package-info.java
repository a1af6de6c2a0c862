/**
 * HTTP/1.1 on blocking sockets and goroutines: a pool of connections, and a server for stand-ins.
 */
@NullMarked
package io.heddle.http;

import org.jspecify.annotations.NullMarked;
