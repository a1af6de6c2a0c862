package io.heddle.bench.kotlin

import io.heddle.bench.peer.Child
import io.heddle.bench.peer.Peer
import io.heddle.bench.peer.Round
import io.heddle.bench.peer.Share
import io.heddle.bench.peer.Work
import io.heddle.bench.peer.Workloads
import java.util.concurrent.atomic.AtomicInteger
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking

fun main() = Child.serve(KotlinPeer())

/** Kotlin: coroutines on the default dispatcher, which has a thread for each processor. */
class KotlinPeer : Peer {
    override fun workloads(): Workloads =
        Workloads().apply {
            addChannels()
            addSelects()
            addCoroutines()
            addOthers()
        }

    /** Each workload enters the dispatcher itself: see [suspending]. */
    override fun enter(task: Peer.Task) = task.run()

    override fun runAll(threads: Int, task: Peer.Task) =
        runBlocking(Dispatchers.Default) { repeat(threads) { launch { task.run() } } }

    override fun park(threads: Int, blocked: Peer.Task): Peer.Parked =
        runBlocking(Dispatchers.Default) {
            val gate = CompletableDeferred<Unit>()
            val allArrived = CompletableDeferred<Unit>()
            val allEnded = CompletableDeferred<Unit>()
            val arrived = AtomicInteger()
            val ended = AtomicInteger()
            val start = System.nanoTime()
            repeat(threads) {
                launch {
                    if (arrived.incrementAndGet() == threads) allArrived.complete(Unit)
                    gate.await()
                    if (ended.incrementAndGet() == threads) allEnded.complete(Unit)
                }
            }
            allArrived.await()
            val starting = System.nanoTime() - start
            blocked.run()
            val release = System.nanoTime()
            gate.complete(Unit)
            allEnded.await()
            Peer.Parked(starting, System.nanoTime() - release)
        }
}

internal fun Workloads.suspending(name: String, body: suspend (Round) -> Unit) {
    add(name) { round -> runBlocking(Dispatchers.Default) { body(round) } }
}

/** Go's RunParallel for suspending code. */
internal suspend fun Round.parallel(parallelism: Int = 1, body: suspend CoroutineScope.(Share) -> Unit) {
    val supply = supply()
    coroutineScope { repeat(parallelism * procs()) { launch { body(Share(supply)) } } }
    supply.check()
}

internal fun Work?.perform() {
    this?.run()
}
