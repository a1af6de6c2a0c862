package main

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Round is one round of a workload, the counterpart of testing.B. RunParallel divides the
// operations as testing's does.
type Round struct {
	N                  int
	procs              int
	expectedNanosPerOp float64

	running      bool
	started      time.Time
	startedBytes uint64
	nanos        int64
	bytes        uint64
}

func (r *Round) resetTimer() {
	r.nanos, r.bytes, r.running = 0, 0, false
	r.startTimer()
}

func (r *Round) startTimer() {
	if !r.running {
		r.running = true
		r.startedBytes = allocated()
		r.started = time.Now()
	}
}

func (r *Round) stopTimer() {
	if r.running {
		r.nanos += time.Since(r.started).Nanoseconds()
		r.bytes += allocated() - r.startedBytes
		r.running = false
	}
}

func allocated() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.TotalAlloc
}

func check(name string, actual, expected int) {
	if actual != expected {
		panic(fmt.Sprint(name, " is ", actual, " instead of ", expected))
	}
}

// Share is one goroutine's share of a round's operations, the counterpart of testing.PB.
type Share struct {
	taken *atomic.Int64
	grain int64
	n     int64
	left  int64
}

func (s *Share) next() bool {
	if s.left == 0 {
		end := s.taken.Add(s.grain)
		s.left = min(s.grain, s.n-(end-s.grain))
		if s.left <= 0 {
			s.left = 0
			return false
		}
	}
	s.left--
	return true
}

func (r *Round) runParallel(body func(*Share)) {
	r.runParallelTimes(1, body)
}

func (r *Round) runParallelTimes(parallelism int, body func(*Share)) {
	grain := int64(1)
	if r.expectedNanosPerOp > 0 {
		grain = int64(min(max(1e5/r.expectedNanosPerOp, 1), 1e4))
	}
	var taken atomic.Int64
	var wg sync.WaitGroup
	for range parallelism * r.procs {
		wg.Add(1)
		go func() {
			defer wg.Done()
			body(&Share{taken: &taken, grain: grain, n: int64(r.N)})
		}()
	}
	wg.Wait()
	if taken.Load() < int64(r.N) {
		panic("operations were left over")
	}
}
