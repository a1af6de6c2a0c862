package main

import "sync/atomic"

const callsPerTicket = 1000

func addChannels() {
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
	add("ChanSync", func(r *Round) { chanSync(r, nil) })
	add("ChanSyncWork", func(r *Round) { chanSync(r, syncWork) })
	for _, capacity := range []string{"0", "10", "100"} {
		add("ChanProdCons"+capacity, func(r *Round) { prodCons(r, number(capacity), false) })
	}
	for _, capacity := range []string{"0", "10", "100"} {
		add("ChanProdConsWork"+capacity, func(r *Round) { prodCons(r, number(capacity), true) })
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
		check("what was received", received, r.N)
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
		check("what is left", len(c), 0)
	})
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

func chanSync(r *Round, work func()) {
	if work == nil {
		work = func() {}
	}
	tickets := r.N / callsPerTicket / 2 * 2
	left := int64(tickets)
	c := make(chan int)
	done := make(chan int)
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
						work()
						c <- 1
						work()
					} else {
						c <- 1
						work()
						sum += <-c
						work()
					}
				}
			}
			done <- sum
		}()
	}
	check("what was received", <-done+<-done, tickets*callsPerTicket)
}

func prodCons(r *Round, capacity int, working bool) {
	work := func() {
		if working {
			localWork()
		}
	}
	tickets := r.N / callsPerTicket
	left := int64(tickets)
	c := make(chan int, capacity)
	done := make(chan int, 2*r.procs)
	for range r.procs {
		go func() {
			for atomic.AddInt64(&left, -1) >= 0 {
				for range callsPerTicket {
					work()
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
				work()
			}
			done <- sum
		}()
	}
	sum := 0
	for range 2 * r.procs {
		sum += <-done
	}
	check("what was received", sum, tickets*callsPerTicket)
}
