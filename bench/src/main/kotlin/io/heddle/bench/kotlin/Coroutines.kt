package io.heddle.bench.kotlin

import io.heddle.bench.peer.Round
import io.heddle.bench.peer.Work
import io.heddle.bench.peer.Workloads
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicLong
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.Semaphore

private const val MANY = 10_000
private const val CHAINED_VALUES = 1_000

internal fun Workloads.addCoroutines() {
    suspending("CreateGoroutines") { create(it, 1) }
    suspending("CreateGoroutinesParallel") { create(it, it.procs()) }
    suspending("CreateGoroutinesCapture") { r ->
        val captured = AtomicLong()
        for (op in 0 until r.n()) {
            coroutineScope {
                for (i in 0 until 4) launch { if (i == 3) captured.incrementAndGet() }
            }
        }
        r.check("coroutines with the last index", captured.get(), r.n())
    }
    suspending("CreateGoroutinesSingle") { r ->
        coroutineScope { for (i in 0 until r.n()) launch {} }
    }
    suspending("WaitGroupActuallyWait") { r ->
        r.parallel { share -> while (share.next()) launch {}.join() }
    }
    suspending("MutexUncontended") { r ->
        r.parallel { share ->
            val mutex = Mutex()
            while (share.next()) {
                mutex.lock()
                mutex.unlock()
            }
        }
    }
    suspending("Mutex") { mutex(it, 1, null) }
    suspending("MutexSlack") { mutex(it, 10, null) }
    suspending("MutexWork") { mutex(it, 1, Work.LOCAL) }
    suspending("UncontendedSemaphore") { hammer(Semaphore(1), it.n()) }
    suspending("ContendedSemaphore") { r ->
        val semaphore = Semaphore(1)
        coroutineScope { repeat(2) { launch { hammer(semaphore, r.n() / 2) } } }
        r.check("permits", semaphore.availablePermits.toLong(), 1)
    }
    suspending("MutexWorkSlack") { mutex(it, 10, Work.LOCAL) }
}

private suspend fun hammer(semaphore: Semaphore, turns: Long) {
    for (i in 0 until turns) {
        semaphore.acquire()
        semaphore.release()
    }
}

private suspend fun create(r: Round, chains: Int) {
    val done = Channel<Unit>()
    coroutineScope {
        val scope = this
        repeat(chains) { scope.launch { link(scope, r.n() / chains, done) } }
        repeat(chains) { done.receive() }
    }
}

private suspend fun link(scope: CoroutineScope, left: Long, done: Channel<Unit>) {
    if (left == 0L) done.send(Unit) else scope.launch { link(scope, left - 1, done) }
}

private suspend fun mutex(r: Round, parallelism: Int, work: Work?) {
    val mutex = Mutex()
    var locked = 0L
    r.parallel(parallelism) { share ->
        while (share.next()) {
            mutex.lock()
            locked++
            mutex.unlock()
            work.perform()
        }
    }
    r.check("the count under the lock", locked, r.n())
}

internal fun Workloads.addOthers() {
    suspending("Daisy") { r ->
        for (op in 0 until r.n()) {
            coroutineScope {
                val leftmost = Channel<Int>()
                var left = leftmost
                repeat(MANY) {
                    val to = left
                    val from = Channel<Int>()
                    launch { to.send(1 + from.receive()) }
                    left = from
                }
                val rightmost = left
                launch { rightmost.send(1) }
                r.check("the sum", leftmost.receive().toLong(), MANY + 1L)
            }
        }
    }
    for (capacity in listOf(0, 16, 100)) {
        suspending("OnePair/$capacity") { pairs(it, 1, capacity) }
        suspending("Parallel/$capacity") { pairs(it, MANY, capacity) }
        suspending("Chained/$capacity") { chained(it, capacity) }
    }
    suspending("Pi") { r ->
        val terms = 5_000
        for (op in 0 until r.n()) {
            val c = Channel<Double>()
            var pi = 0.0
            coroutineScope {
                for (k in 0..terms) {
                    launch { c.send(4 * Math.pow(-1.0, k.toDouble()) / (2.0 * k + 1)) }
                }
                for (k in 0..terms) pi += c.receive()
            }
            r.check("pi, in thousandths", Math.round(pi * 1_000), 3_142)
        }
    }
}

private suspend fun pairs(r: Round, pairs: Int, capacity: Int) {
    val each = r.n() / pairs
    val received = AtomicLong()
    coroutineScope {
        repeat(pairs) {
            val c = Channel<Int>(capacity)
            launch { for (i in 0 until each) c.send(1) }
            launch {
                var sum = 0L
                for (i in 0 until each) sum += c.receive()
                received.addAndGet(sum)
            }
        }
    }
    r.check("the received total", received.get(), each * pairs)
}

private suspend fun chained(r: Round, capacity: Int) {
    val hops = minOf(MANY.toLong(), maxOf(1, r.n() / CHAINED_VALUES)).toInt()
    val values = r.n() / hops
    var sum = 0L
    coroutineScope {
        val first = Channel<Int>(capacity)
        var last = first
        repeat(hops - 1) {
            val from = last
            val to = Channel<Int>(capacity)
            launch { for (v in 0 until values) to.send(from.receive()) }
            last = to
        }
        launch { for (v in 0 until values) first.send(1) }
        for (v in 0 until values) sum += last.receive()
    }
    r.check("the resulting sum", sum, values)
}
