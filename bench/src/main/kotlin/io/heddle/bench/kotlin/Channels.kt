package io.heddle.bench.kotlin

import io.heddle.bench.peer.Round
import io.heddle.bench.peer.Share
import io.heddle.bench.peer.Work
import io.heddle.bench.peer.Workloads
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicLong
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.selects.selectUnbiased

private const val CALLS_PER_TICKET = 1000

internal fun Workloads.addChannels() {
    suspending("ChanUncontended") { r -> r.parallel { fillAndDrain(it, Channel(100)) } }
    suspending("ChanContended") { r ->
        val c = Channel<Int>(100 * r.procs())
        r.parallel { fillAndDrain(it, c) }
    }
    suspending("ChanSync") { sync(it, null) }
    suspending("ChanSyncWork") { sync(it, Work.SYNC) }
    for (capacity in listOf(0, 10, 100)) {
        suspending("ChanProdCons$capacity") { prodCons(it, capacity, null) }
        suspending("ChanProdConsWork$capacity") { prodCons(it, capacity, Work.LOCAL) }
    }
    suspending("ChanCreation") { r ->
        r.parallel { share ->
            while (share.next()) {
                val c = Channel<Int>(1)
                c.send(1)
                check(c.receive() == 1)
            }
        }
    }
    suspending("ChanNonblocking") { r ->
        val c = Channel<Int>()
        r.parallel { share -> while (share.next()) check(c.tryReceive().isFailure) }
    }
    suspending("ReceiveDataFromClosedChan") { r ->
        val c = Channel<Unit>(r.n().toInt())
        for (i in 0 until r.n()) c.send(Unit)
        c.close()
        var received = 0L
        r.resetTimer()
        for (unit in c) received++
        r.check("the received total", received, r.n())
    }
    suspending("ChanSem") { r ->
        val c = Channel<Unit>(r.procs())
        r.parallel { share ->
            while (share.next()) {
                c.send(Unit)
                c.receive()
            }
        }
        check(c.tryReceive().isFailure)
    }
    suspending("ChanClosed") { r ->
        val c = Channel<Unit>()
        c.close()
        r.parallel { share -> while (share.next()) check(c.tryReceive().isClosed) }
    }
}

private suspend fun fillAndDrain(share: Share, c: Channel<Int>) {
    while (share.next()) {
        repeat(100) { c.send(1) }
        var sum = 0
        repeat(100) { sum += c.receive() }
        check(sum == 100)
    }
}

/** Two coroutines alternate: one receives first, the other sends first. */
private suspend fun sync(r: Round, work: Work?) {
    val tickets = (r.n() / CALLS_PER_TICKET / 2 * 2).toInt()
    val left = AtomicInteger(tickets)
    val received = AtomicLong()
    val c = Channel<Int>()
    coroutineScope {
        repeat(2) {
            launch {
                var sum = 0L
                while (true) {
                    val ticket = left.decrementAndGet()
                    if (ticket < 0) break
                    repeat(CALLS_PER_TICKET) {
                        if (ticket % 2 == 0) {
                            sum += c.receive()
                            work.perform()
                            c.send(1)
                            work.perform()
                        } else {
                            c.send(1)
                            work.perform()
                            sum += c.receive()
                            work.perform()
                        }
                    }
                }
                received.addAndGet(sum)
            }
        }
    }
    r.check("the received total", received.get(), tickets.toLong() * CALLS_PER_TICKET)
}

private suspend fun prodCons(r: Round, capacity: Int, work: Work?) {
    val tickets = (r.n() / CALLS_PER_TICKET).toInt()
    val left = AtomicInteger(tickets)
    val received = AtomicLong()
    val c = Channel<Int>(capacity)
    coroutineScope {
        repeat(r.procs()) {
            launch {
                while (left.decrementAndGet() >= 0) {
                    repeat(CALLS_PER_TICKET) {
                        work.perform()
                        c.send(1)
                    }
                }
                c.send(0)
            }
            launch {
                var sum = 0L
                while (true) {
                    val v = c.receive()
                    if (v == 0) break
                    sum += v
                    work.perform()
                }
                received.addAndGet(sum)
            }
        }
    }
    r.check("the received total", received.get(), tickets.toLong() * CALLS_PER_TICKET)
}

internal fun Workloads.addSelects() {
    suspending("SelectUncontended") { r ->
        r.parallel { share ->
            val c1 = Channel<Int>(1)
            val c2 = Channel<Int>(1)
            c1.send(0)
            toAndFro(share, c1, c2)
        }
    }
    suspending("SelectAsyncContended") { r ->
        val c1 = Channel<Int>(r.procs())
        val c2 = Channel<Int>(r.procs())
        r.parallel { share ->
            c1.send(0)
            toAndFro(share, c1, c2)
        }
    }
    suspending("SelectSyncContended") { selectSyncContended(it) }
    suspending("SelectNonblock") { selectNonblock(it) }
    suspending("SelectProdCons") { selectProdCons(it) }
    suspending("ChanPopular") { popular(it) }
    suspending("SelectOne") { selectReceives(it, 1) }
    suspending("SelectTwo") { selectReceives(it, 2) }
}

private suspend fun toAndFro(share: Share, c1: Channel<Int>, c2: Channel<Int>) {
    while (share.next()) {
        val first = selectUnbiased {
            c1.onReceive { true }
            c2.onReceive { false }
        }
        if (first) c2.send(0) else c1.send(0)
    }
}

private suspend fun selectSyncContended(r: Round) {
    val channels = List(3) { Channel<Int>() }
    val done = Channel<Unit>()
    val received = AtomicLong()
    coroutineScope {
        val producers = this
        r.parallel { share ->
            producers.launch {
                var going = true
                while (going) {
                    going = selectUnbiased {
                        channels[0].onSend(1) { true }
                        channels[1].onSend(1) { true }
                        channels[2].onSend(1) { true }
                        done.onReceiveCatching { false }
                    }
                }
            }
            var sum = 0L
            while (share.next()) {
                val v: Int = selectUnbiased {
                    channels[0].onReceive { it }
                    channels[1].onReceive { it }
                    channels[2].onReceive { it }
                }
                sum += v
            }
            received.addAndGet(sum)
        }
        r.stopTimer()
        done.close()
    }
    r.check("the received total", received.get(), r.n())
}

/** A select of one clause and a default is a try. */
private suspend fun selectNonblock(r: Round) {
    val c1 = Channel<Int>()
    val c2 = Channel<Int>()
    val c3 = Channel<Int>(1)
    val c4 = Channel<Int>(1)
    r.parallel { share ->
        while (share.next()) {
            check(c1.tryReceive().isFailure)
            check(c2.trySend(0).isFailure)
            check(c3.tryReceive().isFailure)
            c4.trySend(0)
        }
    }
    check(c4.tryReceive().isSuccess)
}

/** Many coroutines select between a channel of their own and a shared one. */
private suspend fun popular(r: Round) {
    val shared = Channel<Boolean>()
    val own = List(1_000) { Channel<Boolean>() }
    coroutineScope {
        for (c in own) {
            launch {
                for (turn in 0 until r.n()) {
                    selectUnbiased {
                        shared.onReceive {}
                        c.onReceive {}
                    }
                }
            }
        }
        for (i in 0 until r.n()) for (c in own) c.send(true)
    }
}

/** An unused channel stands for the timer: Kotlin has a clause, but no channel, for it. */
private suspend fun selectProdCons(r: Round) {
    val tickets = (r.n() / CALLS_PER_TICKET).toInt()
    val left = AtomicInteger(tickets)
    val received = AtomicLong()
    val c = Channel<Int>(128)
    val unused = Channel<Int>()
    coroutineScope {
        repeat(r.procs()) {
            launch {
                val timer = Channel<Int>()
                while (left.decrementAndGet() >= 0) {
                    repeat(CALLS_PER_TICKET) {
                        Work.LOCAL.run()
                        selectUnbiased {
                            c.onSend(1) {}
                            timer.onReceive {}
                            unused.onReceive {}
                        }
                    }
                }
                c.send(0)
            }
            launch {
                val timer = Channel<Int>()
                var sum = 0L
                while (true) {
                    val v = selectUnbiased {
                        c.onReceive { it }
                        timer.onReceive { it }
                        unused.onReceive { it }
                    }
                    if (v == 0) break
                    sum += v
                    Work.LOCAL.run()
                }
                received.addAndGet(sum)
            }
        }
    }
    r.check("the received total", received.get(), tickets.toLong() * CALLS_PER_TICKET)
}

/** As many senders as clauses, each on an unbuffered channel of its own. */
private suspend fun selectReceives(r: Round, clauses: Int) {
    val each = r.n() / clauses
    val channels = List(clauses) { Channel<Int>() }
    var sum = 0L
    coroutineScope {
        for (c in channels) launch { for (i in 0 until each) c.send(1) }
        for (i in 0 until each * clauses) {
            val v: Int = selectUnbiased { for (c in channels) c.onReceive { it } }
            sum += v
        }
    }
    r.check("the received total", sum, each * clauses)
}
