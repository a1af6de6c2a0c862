package main

import (
	"fmt"
	"sync"
	"sync/atomic"
	_ "unsafe" // for go:linkname
)

func addSync() {
	add("MutexUncontended", func(r *Round) {
		r.runParallel(func(s *Share) {
			var mu sync.Mutex
			for s.next() {
				mu.Lock()
				mu.Unlock()
			}
		})
	})
	add("Mutex", func(r *Round) { mutex(r, 1, false) })
	add("MutexSlack", func(r *Round) { mutex(r, 10, false) })
	add("MutexWork", func(r *Round) { mutex(r, 1, true) })
	add("MutexWorkSlack", func(r *Round) { mutex(r, 10, true) })
	add("MutexNoSpin", mutexNoSpin)
	add("MutexSpin", mutexSpin)
	add("RWMutexUncontended", func(r *Round) {
		r.runParallel(func(s *Share) {
			var mu sync.RWMutex
			for s.next() {
				mu.RLock()
				mu.RLock()
				mu.RUnlock()
				mu.RUnlock()
				mu.Lock()
				mu.Unlock()
			}
		})
	})
	add("RWMutexWrite100", func(r *Round) { rwMutex(r, 100, false) })
	add("RWMutexWrite10", func(r *Round) { rwMutex(r, 10, false) })
	add("RWMutexWorkWrite100", func(r *Round) { rwMutex(r, 100, true) })
	add("RWMutexWorkWrite10", func(r *Round) { rwMutex(r, 10, true) })
	for waiters := 1; waiters <= 32; waiters *= 2 {
		add(fmt.Sprint("Cond", waiters), func(r *Round) { cond(r, waiters) })
	}
	add("Once", func(r *Round) {
		var once sync.Once
		ran := 0
		action := func() { ran++ }
		r.runParallel(func(s *Share) {
			for s.next() {
				once.Do(action)
			}
		})
		check("how often it ran", ran, 1)
	})
	addOnceFuncs()
	addSemaphores()
	addWaitGroups()
}

func mutex(r *Round, parallelism int, working bool) {
	var mu sync.Mutex
	locked := 0
	r.runParallelTimes(parallelism, func(s *Share) {
		for s.next() {
			mu.Lock()
			locked++
			mu.Unlock()
			if working {
				localWork(100)
			}
		}
	})
	check("the count under the lock", locked, r.N)
}

// mutexNoSpin has more goroutines than processors, so that goroutines give up the processor.
func mutexNoSpin(r *Round) {
	var mu sync.Mutex
	one, two := 0, 0
	var turns atomic.Int64
	r.runParallelTimes(4, func(s *Share) {
		c := make(chan bool)
		data := make([]uint64, 4<<10)
		locked := 0
		for i := 0; s.next(); i++ {
			if i%4 == 0 {
				mu.Lock()
				one++
				two += 2
				mu.Unlock()
				locked++
			} else {
				for i := 0; i < len(data); i += 4 {
					data[i]++
				}
				go func() { c <- true }()
				<-c
			}
		}
		turns.Add(int64(locked))
	})
	check("the count under the lock", one+two, 3*int(turns.Load()))
}

func mutexSpin(r *Round) {
	var mu sync.Mutex
	one, two := 0, 0
	r.runParallel(func(s *Share) {
		data := make([]uint64, 16<<10)
		for s.next() {
			mu.Lock()
			one++
			two += 2
			mu.Unlock()
			for i := 0; i < len(data); i += 4 {
				data[i]++
			}
		}
	})
	check("the count under the lock", one+two, 3*r.N)
}

func rwMutex(r *Round, writeRatio int, working bool) {
	var mu sync.RWMutex
	r.runParallel(func(s *Share) {
		turn := 0
		for s.next() {
			turn++
			if turn%writeRatio == 0 {
				mu.Lock()
				mu.Unlock()
			} else {
				mu.RLock()
				if working {
					localWork(100)
				}
				mu.RUnlock()
			}
		}
	})
}

// cond makes all goroutines wait for the last one, which wakes the others.
func cond(r *Round, waiters int) {
	var mu sync.Mutex
	c := sync.NewCond(&mu)
	var wg sync.WaitGroup
	arrived, rounds := 0, 0
	for range waiters + 1 {
		wg.Add(1)
		go func() {
			for range r.N {
				mu.Lock()
				arrived++
				if arrived == waiters+1 {
					arrived = 0
					rounds++
					c.Broadcast()
				} else {
					c.Wait()
				}
				mu.Unlock()
			}
			wg.Done()
		}()
	}
	wg.Wait()
	check("rounds", rounds, r.N)
}

var onceFunc = sync.OnceFunc(func() {})
var onceFuncOnce sync.Once
var onceValue = sync.OnceValue(func() int { return 42 })
var onceValueOnce sync.Once
var onceValueValue int

// Three variants: written by hand, one for the whole program, and one that the compiler can inline.
func addOnceFuncs() {
	add("OnceFunc/Once", func(r *Round) {
		for range r.N {
			onceFuncOnce.Do(func() {})
		}
	})
	add("OnceFunc/Global", func(r *Round) {
		for range r.N {
			onceFunc()
		}
	})
	add("OnceFunc/Local", func(r *Round) {
		f := sync.OnceFunc(func() {})
		for range r.N {
			f()
		}
	})
	add("OnceValue/Once", func(r *Round) {
		for range r.N {
			onceValueOnce.Do(func() { onceValueValue = 42 })
			if onceValueValue != 42 {
				panic("another value")
			}
		}
	})
	add("OnceValue/Global", func(r *Round) {
		for range r.N {
			if onceValue() != 42 {
				panic("another value")
			}
		}
	})
	add("OnceValue/Local", func(r *Round) {
		f := sync.OnceValue(func() int { return 42 })
		for range r.N {
			if f() != 42 {
				panic("another value")
			}
		}
	})
}

// The runtime's own semaphore, as Go's benchmarks of it have it.
//
//go:linkname semacquire sync.runtime_Semacquire
func semacquire(s *uint32)

//go:linkname semrelease sync.runtime_Semrelease
func semrelease(s *uint32, handoff bool, skipframes int)

func addSemaphores() {
	hammer := func(s *uint32, turns int) {
		for range turns {
			semacquire(s)
			semrelease(s, false, 0)
		}
	}
	add("UncontendedSemaphore", func(r *Round) {
		s := uint32(1)
		hammer(&s, r.N)
	})
	add("ContendedSemaphore", func(r *Round) {
		s := uint32(1)
		done := make(chan bool)
		for range 2 {
			go func() {
				hammer(&s, r.N/2)
				done <- true
			}()
		}
		<-done
		<-done
	})
	add("SemaUncontended", func(r *Round) {
		r.runParallel(func(share *Share) {
			s := new(uint32)
			for share.next() {
				semrelease(s, false, 0)
				semacquire(s)
			}
		})
	})
	add("SemaSyntNonblock", func(r *Round) { sema(r, false, 0) })
	add("SemaSyntBlock", func(r *Round) { sema(r, true, 0) })
	add("SemaWorkNonblock", func(r *Round) { sema(r, false, 100) })
	add("SemaWorkBlock", func(r *Round) { sema(r, true, 100) })
}

func sema(r *Round, block bool, turns int) {
	s := uint32(0)
	done := make(chan bool)
	if block {
		go func() {
			for range r.procs / 2 {
				semacquire(&s)
			}
			done <- true
		}()
	}
	r.runParallel(func(share *Share) {
		for share.next() {
			semrelease(&s, false, 0)
			localWork(turns)
			semacquire(&s)
		}
		semrelease(&s, false, 0)
	})
	if block {
		<-done
	}
}

func addWaitGroups() {
	add("WaitGroupUncontended", func(r *Round) {
		r.runParallel(func(s *Share) {
			var wg sync.WaitGroup
			for s.next() {
				wg.Add(1)
				wg.Done()
				wg.Wait()
			}
		})
	})
	for _, working := range []bool{false, true} {
		suffix := map[bool]string{false: "", true: "Work"}[working]
		add("WaitGroupAddDone"+suffix, func(r *Round) {
			var wg sync.WaitGroup
			r.runParallel(func(s *Share) {
				for s.next() {
					wg.Add(1)
					if working {
						localWork(100)
					}
					wg.Done()
				}
			})
			wg.Wait()
		})
		add("WaitGroupWait"+suffix, func(r *Round) {
			var wg sync.WaitGroup
			r.runParallel(func(s *Share) {
				for s.next() {
					wg.Wait()
					if working {
						localWork(100)
					}
				}
			})
		})
	}
	add("WaitGroupActuallyWait", func(r *Round) {
		r.runParallel(func(s *Share) {
			for s.next() {
				var wg sync.WaitGroup
				wg.Add(1)
				go func() { wg.Done() }()
				wg.Wait()
			}
		})
	})
}
