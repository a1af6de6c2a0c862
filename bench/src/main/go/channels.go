package main

import (
	"sync"
	"sync/atomic"
)

const callsPerTicket = 1000

// Keeps the compiler from removing unused channels.
var lastPointers chan *byte
var lastEmpty chan struct{}

func addChannels() {
	add("MakeChan/Ptr", func(r *Round) {
		for range r.N {
			lastPointers = make(chan *byte, 8)
		}
	})
	add("MakeChan/Struct0", func(r *Round) {
		for range r.N {
			lastEmpty = make(chan struct{}, 8)
		}
	})
	add("ChanNonblocking", func(r *Round) {
		c := make(chan int)
		r.runParallel(func(s *Share) {
			for s.next() {
				select {
				case <-c:
					panic("a value from nowhere")
				default:
				}
			}
		})
	})
	add("ChanUncontended", func(r *Round) {
		r.runParallel(func(s *Share) {
			c := make(chan int, 100)
			fillAndDrain(s, c)
		})
	})
	add("ChanContended", func(r *Round) {
		c := make(chan int, 100*r.procs)
		r.runParallel(func(s *Share) { fillAndDrain(s, c) })
	})
	add("ChanSync", func(r *Round) { chanSync(r, 0) })
	add("ChanSyncWork", func(r *Round) { chanSync(r, 1000) })
	for _, capacity := range []string{"0", "10", "100"} {
		add("ChanProdCons"+capacity, func(r *Round) { prodCons(r, number(capacity), 0) })
	}
	for _, capacity := range []string{"0", "10", "100"} {
		add("ChanProdConsWork"+capacity, func(r *Round) { prodCons(r, number(capacity), 100) })
	}
	add("ReceiveDataFromClosedChan", func(r *Round) {
		c := make(chan struct{}, r.N)
		for range r.N {
			c <- struct{}{}
		}
		close(c)
		received := 0
		r.resetTimer()
		for range c {
			received++
		}
		check("the received total", received, r.N)
	})
	add("ChanCreation", func(r *Round) {
		r.runParallel(func(s *Share) {
			for s.next() {
				c := make(chan int, 1)
				c <- 1
				if <-c != 1 {
					panic("another value than was sent")
				}
			}
		})
	})
	add("ChanSem", func(r *Round) {
		c := make(chan struct{}, r.procs)
		r.runParallel(func(s *Share) {
			for s.next() {
				c <- struct{}{}
				<-c
			}
		})
		check("the remaining number", len(c), 0)
	})
	add("ChanPopular", chanPopular)
	add("ChanClosed", func(r *Round) {
		c := make(chan struct{})
		close(c)
		r.runParallel(func(s *Share) {
			for s.next() {
				select {
				case <-c:
				default:
					panic("not closed")
				}
			}
		})
	})
}

func fillAndDrain(s *Share, c chan int) {
	for s.next() {
		for range 100 {
			c <- 0
		}
		for range 100 {
			<-c
		}
	}
}

func chanSync(r *Round, turns int) {
	tickets := r.N / callsPerTicket / 2 * 2
	left := int64(tickets)
	c := make(chan int)
	done := make(chan int, 2)
	for range 2 {
		go func() {
			sum := 0
			for {
				ticket := atomic.AddInt64(&left, -1)
				if ticket < 0 {
					break
				}
				for range callsPerTicket {
					if ticket%2 == 0 {
						sum += <-c
						syncWork(turns)
						c <- 1
						syncWork(turns)
					} else {
						c <- 1
						syncWork(turns)
						sum += <-c
						syncWork(turns)
					}
				}
			}
			done <- sum
		}()
	}
	check("the received total", <-done+<-done, tickets*callsPerTicket)
}

func prodCons(r *Round, capacity, turns int) {
	tickets := r.N / callsPerTicket
	left := int64(tickets)
	c := make(chan int, capacity)
	done := make(chan int, 2*r.procs)
	for range r.procs {
		go func() {
			for atomic.AddInt64(&left, -1) >= 0 {
				for range callsPerTicket {
					localWork(turns)
					c <- 1
				}
			}
			c <- 0
			done <- 0
		}()
		go func() {
			sum := 0
			for {
				v := <-c
				if v == 0 {
					break
				}
				sum += v
				localWork(turns)
			}
			done <- sum
		}()
	}
	sum := 0
	for range 2 * r.procs {
		sum += <-done
	}
	check("the received total", sum, tickets*callsPerTicket)
}

// chanPopular has many goroutines select between a channel of their own and a shared one.
func chanPopular(r *Round) {
	const receivers = 1000
	shared := make(chan bool)
	own := make([]chan bool, receivers)
	var wg sync.WaitGroup
	wg.Add(receivers)
	for i := range own {
		c := make(chan bool)
		own[i] = c
		go func() {
			for range r.N {
				select {
				case <-shared:
				case <-c:
				}
			}
			wg.Done()
		}()
	}
	for range r.N {
		for _, c := range own {
			c <- true
		}
	}
	wg.Wait()
}
