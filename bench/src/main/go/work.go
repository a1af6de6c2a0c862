package main

import "time"

// The local work of Go's benchmarks, for a number of turns. sink keeps it from being removed.
var sink int

func localWork(turns int) {
	foo := 0
	for range turns {
		foo *= 2
		foo /= 2
	}
	if foo != 0 {
		sink = foo
	}
}

func syncWork(turns int) {
	foo := 0
	for range turns {
		foo /= foo + 1
	}
	if foo != 0 {
		sink = foo
	}
}

func cancelWork() {
	syncWork(100)
}

func timeWork(kind string) float64 {
	work := map[string]func(){
		"local":  func() { localWork(100) },
		"sync":   func() { syncWork(1000) },
		"cancel": cancelWork,
	}[kind]
	const runs = 200
	best := int64(1 << 62)
	for range 1000 {
		start := time.Now()
		for range runs {
			work()
		}
		best = min(best, time.Since(start).Nanoseconds())
	}
	return float64(best) / runs
}
