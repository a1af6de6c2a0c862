package main

import (
	"fmt"
	"sync"
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
	add("OnceFunc", func(r *Round) {
		ran := 0
		f := sync.OnceFunc(func() { ran++ })
		f()
		r.resetTimer()
		for range r.N {
			f()
		}
		check("how often it ran", ran, 1)
	})
	add("OnceValue", func(r *Round) {
		f := sync.OnceValue(func() int { return 42 })
		f()
		r.resetTimer()
		for range r.N {
			if f() != 42 {
				panic("another value")
			}
		}
	})
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
				localWork()
			}
		}
	})
	check("what was counted under the lock", locked, r.N)
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
	check("what was counted under the lock", one+two, 3*r.N)
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
					localWork()
				}
				mu.RUnlock()
			}
		}
	})
}

// cond has all wait for the last of them, who wakes the rest.
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
						localWork()
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
						localWork()
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
