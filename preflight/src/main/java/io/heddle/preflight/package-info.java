/**
 * Pre-flight checks: would a certificate authority accept a challenge now? A CA gives few tries
 * (Let's Encrypt five failures an hour for a name), and one failure spoils the whole order. So an
 * order is checked first, by the CA's own rules, and the CA is asked when the answer is {@link
 * io.heddle.preflight.Verdict#READY}.
 *
 * <p>{@link io.heddle.preflight.Preflight} checks all authorizations of an order at the same time,
 * and all challenges of an authorization, of which one has to pass. A {@link
 * io.heddle.preflight.ChallengeCheck} checks one challenge and leaves a {@link
 * io.heddle.preflight.Trace} of what it saw.
 *
 * <p>The names come from strangers. Whatever is connected to goes through {@link
 * io.heddle.preflight.Network}, which refuses all special-purpose addresses, counts connections per
 * address, and knows no proxy.
 */
@NullMarked
package io.heddle.preflight;

import org.jspecify.annotations.NullMarked;
