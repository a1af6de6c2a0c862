package main

import (
	"sync/atomic"
	"time"
)

func addSelects() {
	add("SelectUncontended", func(r *Round) {
		r.runParallel(func(s *Share) {
			c1, c2 := make(chan int, 1), make(chan int, 1)
			c1 <- 0
			toAndFro(s, c1, c2)
			check("the remaining number", len(c1)+len(c2), 1)
		})
	})
	add("SelectSyncContended", selectSyncContended)
	add("SelectAsyncContended", func(r *Round) {
		c1, c2 := make(chan int, r.procs), make(chan int, r.procs)
		r.runParallel(func(s *Share) {
			c1 <- 0
			toAndFro(s, c1, c2)
		})
		check("the remaining number", len(c1)+len(c2), r.procs)
	})
	add("SelectNonblock", selectNonblock)
	add("SelectProdCons", selectProdCons)
}

func toAndFro(s *Share, c1, c2 chan int) {
	for s.next() {
		select {
		case <-c1:
			c2 <- 0
		case <-c2:
			c1 <- 0
		}
	}
}

func selectSyncContended(r *Round) {
	c1, c2, c3 := make(chan int), make(chan int), make(chan int)
	done := make(chan bool)
	var received atomic.Int64
	r.runParallel(func(s *Share) {
		go func() {
			for {
				select {
				case c1 <- 1:
				case c2 <- 1:
				case c3 <- 1:
				case <-done:
					return
				}
			}
		}()
		sum := 0
		for s.next() {
			select {
			case v := <-c1:
				sum += v
			case v := <-c2:
				sum += v
			case v := <-c3:
				sum += v
			}
		}
		received.Add(int64(sum))
	})
	r.stopTimer()
	close(done)
	check("the received total", int(received.Load()), r.N)
}

func selectNonblock(r *Round) {
	c1, c2 := make(chan int), make(chan int)
	c3, c4 := make(chan int, 1), make(chan int, 1)
	r.runParallel(func(s *Share) {
		for s.next() {
			select {
			case <-c1:
				panic("a value from nowhere")
			default:
			}
			select {
			case c2 <- 0:
				panic("a value without a receiver")
			default:
			}
			select {
			case <-c3:
				panic("a value from nowhere")
			default:
			}
			select {
			case c4 <- 0:
			default:
			}
		}
	})
	check("the sent number", len(c4), 1)
}

func selectProdCons(r *Round) {
	tickets := r.N / callsPerTicket
	left := int64(tickets)
	c := make(chan int, 128)
	unused := make(chan int)
	done := make(chan int, 2*r.procs)
	for range r.procs {
		go func() {
			timer := time.After(time.Hour) // never fires
			for atomic.AddInt64(&left, -1) >= 0 {
				for range callsPerTicket {
					localWork(100)
					select {
					case c <- 1:
					case <-timer:
					case <-unused:
					}
				}
			}
			c <- 0
			done <- 0
		}()
		go func() {
			sum := 0
			timer := time.After(time.Hour)
			defer func() { done <- sum }()
			for {
				select {
				case v := <-c:
					if v == 0 {
						return
					}
					sum += v
					localWork(100)
				case <-timer:
				case <-unused:
				}
			}
		}()
	}
	sum := 0
	for range 2 * r.procs {
		sum += <-done
	}
	check("the received total", sum, tickets*callsPerTicket)
}
