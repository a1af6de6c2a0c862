package main

import (
	"sync"
	"time"
)

// addTime adds a benchmark that runs with many timers pending.
func addTime(name string, body func(*Round)) {
	add(name, func(r *Round) {
		pending := make([]*time.Timer, (1<<15)*r.procs)
		for i := range pending {
			pending[i] = time.AfterFunc(time.Hour, func() {})
		}
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

func addTimes() {
	addTimeParallel("AfterFunc1000", func(s *Share) {
		for s.next() {
			done := make(chan bool)
			left := 1000
			var next func()
			next = func() {
				left--
				if left == 0 {
					done <- true
				} else {
					time.AfterFunc(0, next)
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
			time.AfterFunc(time.Second, func() {}).Stop()
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
	addTimeParallel("Reset/chan", func(s *Share) {
		timer := time.NewTimer(time.Hour)
		for s.next() {
			timer.Reset(time.Hour)
		}
		timer.Stop()
	})
	addTimeParallel("Reset/func", func(s *Share) {
		timer := time.AfterFunc(time.Hour, func() {})
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
		timers := make([]*time.Timer, 10000)
		for s.next() {
			for i := range timers {
				timers[i] = time.AfterFunc(time.Hour, func() {})
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
