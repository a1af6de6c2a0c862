package main

import "time"

// The local work of Go's benchmarks. sink keeps it from looking unused.
var sink int

func localWork() {
	foo := 0
	for range 100 {
		foo *= 2
		foo /= 2
	}
	if foo != 0 {
		sink = foo
	}
}

func syncWork() {
	foo := 0
	for range 1000 {
		foo /= foo + 1
	}
	if foo != 0 {
		sink = foo
	}
}

func cancelWork() {
	x := 0
	for range 100 {
		x /= x + 1
	}
	if x != 0 {
		sink = x
	}
}

func timeWork(kind string) float64 {
	work := map[string]func(){"local": localWork, "sync": syncWork, "cancel": cancelWork}[kind]
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
