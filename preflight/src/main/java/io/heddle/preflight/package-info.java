/**
 * Pre-flight checks: would a certificate authority accept a challenge now? A CA allows few attempts
 * (Let's Encrypt allows five failures per hour for a name), and one failure invalidates the whole
 * order. So an order is checked first, by the CA's own rules, and the CA is asked only if the
 * answer is {@link io.heddle.preflight.Verdict#READY}.
 *
 * <p>{@link io.heddle.preflight.Preflight} checks all authorizations of an order at the same time,
 * and all challenges of each authorization, one of which must pass. A {@link
 * io.heddle.preflight.ChallengeCheck} checks one challenge and records its steps in a {@link
 * io.heddle.preflight.Trace}.
 *
 * <p>The names come from untrusted customers. All connections go through {@link
 * io.heddle.preflight.Network}, which refuses all special-purpose addresses, limits the number of
 * connections to an address, and uses no proxy.
 */
@NullMarked
package io.heddle.preflight;

import org.jspecify.annotations.NullMarked;
