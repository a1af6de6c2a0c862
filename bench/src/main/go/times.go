package main

import (
	"sync"
	"time"
)

const pendingForEachProcessor = 1 << 15

// inEachProcessor starts one goroutine per processor, each with its own timers.
func inEachProcessor(procs int, body func(p int)) {
	var wg sync.WaitGroup
	for p := range procs {
		wg.Add(1)
		go func() {
			defer wg.Done()
			body(p)
		}()
	}
	wg.Wait()
}

// addTime adds a benchmark that runs with many timers pending.
func addTime(name string, body func(*Round)) {
	add(name, func(r *Round) {
		pending := make([]*time.Timer, pendingForEachProcessor*r.procs)
		inEachProcessor(r.procs, func(p int) {
			part := pending[p*pendingForEachProcessor:][:pendingForEachProcessor]
			for i := range part {
				part[i] = time.AfterFunc(time.Hour, nil)
			}
		})
		r.resetTimer()
		body(r)
		r.stopTimer()
		for _, timer := range pending {
			timer.Stop()
		}
	})
}

func addTimeParallel(name string, body func(*Share)) {
	addTime(name, func(r *Round) { r.runParallel(body) })
}

func nothing() {}

func addTimes() {
	addTimeParallel("AfterFunc1000", func(s *Share) {
		for s.next() {
			done := make(chan bool)
			left := 1000
			var next func()
			next = func() {
				left--
				if left >= 0 {
					time.AfterFunc(0, next)
				} else {
					done <- true
				}
			}
			time.AfterFunc(0, next)
			<-done
		}
	})
	addTimeParallel("After", func(s *Share) {
		for s.next() {
			<-time.After(1)
		}
	})
	addTimeParallel("Stop/chan", func(s *Share) {
		for s.next() {
			time.NewTimer(time.Second).Stop()
		}
	})
	addTimeParallel("Stop/func", func(s *Share) {
		for s.next() {
			time.AfterFunc(time.Second, nothing).Stop()
		}
	})
	addTimeParallel("SimultaneousAfterFunc1000", func(s *Share) {
		for s.next() {
			var wg sync.WaitGroup
			wg.Add(1000)
			for range 1000 {
				time.AfterFunc(0, wg.Done)
			}
			wg.Wait()
		}
	})
	addTimeParallel("StartStop1000", func(s *Share) {
		for s.next() {
			timers := make([]*time.Timer, 1000)
			for i := range timers {
				timers[i] = time.AfterFunc(time.Hour, nil)
			}
			for _, timer := range timers {
				timer.Stop()
			}
		}
	})
	addTimeParallel("Reset/chan", func(s *Share) {
		timer := time.NewTimer(time.Hour)
		for s.next() {
			timer.Reset(time.Hour)
		}
		timer.Stop()
	})
	addTimeParallel("Reset/func", func(s *Share) {
		timer := time.AfterFunc(time.Hour, nothing)
		for s.next() {
			timer.Reset(time.Hour)
		}
		timer.Stop()
	})
	addTimeParallel("Sleep1000", func(s *Share) {
		for s.next() {
			var wg sync.WaitGroup
			wg.Add(1000)
			for range 1000 {
				go func() {
					time.Sleep(1)
					wg.Done()
				}()
			}
			wg.Wait()
		}
	})
	addTimeParallel("AdjustTimers10000", func(s *Share) {
		for s.next() {
			timers := make([]*time.Timer, 10000)
			for i := range timers {
				timers[i] = time.AfterFunc(time.Hour, nothing)
			}
			timers[len(timers)-1].Reset(1)
			time.Sleep(time.Microsecond)
			for _, timer := range timers {
				timer.Stop()
			}
		}
	})
	addTimeParallel("Ticker", func(s *Share) {
		ticker := time.NewTicker(1)
		for s.next() {
			<-ticker.C
		}
		ticker.Stop()
	})
	addTimeParallel("TickerReset", func(s *Share) {
		ticker := time.NewTicker(1)
		for s.next() {
			ticker.Reset(2)
		}
		ticker.Stop()
	})
	addTimeParallel("TickerResetNaive", func(s *Share) {
		ticker := time.NewTicker(1)
		for s.next() {
			ticker.Stop()
			ticker = time.NewTicker(2)
		}
		ticker.Stop()
	})
}
