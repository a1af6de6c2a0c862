/** The certificate authority, accessed by ACME (RFC 8555). */
@NullMarked
package io.heddle.orders.ca;

import org.jspecify.annotations.NullMarked;
