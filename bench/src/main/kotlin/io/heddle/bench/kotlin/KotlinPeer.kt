package io.heddle.bench.kotlin

import io.heddle.bench.peer.Child
import io.heddle.bench.peer.Peer
import io.heddle.bench.peer.Workloads

fun main() = Child.serve(KotlinPeer())

/** Kotlin: coroutines on the default dispatcher. */
class KotlinPeer : Peer {
    override fun workloads(): Workloads = Workloads()

    override fun enter(task: Peer.Task) = task.run()

    override fun runAll(threads: Int, task: Peer.Task) =
        throw UnsupportedOperationException("a suspending body needs Kotlin's own runParallel")

    override fun park(threads: Int, blocked: Peer.Task): Peer.Parked = TODO()
}
