package main

import (
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

func addGoroutines() {
	add("CreateGoroutines", func(r *Round) { createGoroutines(r, 1) })
	add("CreateGoroutinesParallel", func(r *Round) { createGoroutines(r, r.procs) })
	add("CreateGoroutinesCapture", func(r *Round) {
		var captured atomic.Int64
		for range r.N {
			var wg sync.WaitGroup
			wg.Add(4)
			for i := range 4 {
				go func() {
					if i == 3 {
						captured.Add(1)
					}
					wg.Done()
				}()
			}
			wg.Wait()
		}
		check("goroutines with the last index", int(captured.Load()), r.N)
	})
	add("CreateGoroutinesSingle", func(r *Round) {
		wakeProcessors(r.procs)
		r.resetTimer()
		var wg sync.WaitGroup
		wg.Add(r.N)
		for range r.N {
			go func() { wg.Done() }()
		}
		wg.Wait()
	})
	for _, micros := range []int{0, 1, 2, 5, 10, 20, 50, 100} {
		delay := time.Duration(micros) * time.Microsecond
		add(fmt.Sprintf("WakeupParallelSpinning/%dus", micros), func(r *Round) { wakeUp(r, delay) })
	}
	add("Matmult", matmult)
}

// wakeProcessors makes all processors run before the clock starts.
func wakeProcessors(procs int) {
	var wg sync.WaitGroup
	var started atomic.Int64
	for range procs {
		wg.Add(1)
		go func() {
			started.Add(1)
			for started.Load() < int64(procs) {
			}
			spin(time.Millisecond)
			wg.Done()
		}()
	}
	wg.Wait()
}

func createGoroutines(r *Round, chains int) {
	done := make(chan bool)
	var link func(int)
	link = func(left int) {
		if left == 0 {
			done <- true
		} else {
			go link(left - 1)
		}
	}
	for range chains {
		go link(r.N / chains)
	}
	for range chains {
		<-done
	}
}

func spin(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); {
	}
}

func wakeUp(r *Round, delay time.Duration) {
	ping, pong := make(chan bool), make(chan bool)
	start, done := make(chan bool), make(chan int)
	go func() {
		<-start
		received := 0
		for range r.N {
			spin(delay + 5*time.Microsecond)
			ping <- true
			spin(delay)
			<-pong
			received++
		}
		done <- received
	}()
	go func() {
		received := 0
		for range r.N {
			spin(delay)
			<-ping
			received++
			spin(delay + 5*time.Microsecond)
			pong <- true
		}
		done <- received
	}()
	r.resetTimer()
	start <- true
	check("the received total", <-done+<-done, 2*r.N)
}

type matrix [][]float64

func makeMatrix(n int, value func(i, j int) float64) matrix {
	m := make(matrix, n)
	for i := range n {
		m[i] = make([]float64, n)
		for j := range n {
			m[i][j] = value(i, j)
		}
	}
	return m
}

func matmult(r *Round) {
	n := int(math.Cbrt(float64(r.N))) + 1
	sevenths := func(i, j int) float64 { return float64(i%7 + j%3) }
	a, b := makeMatrix(n, sevenths), makeMatrix(n, sevenths)
	c := makeMatrix(n, func(i, j int) float64 { return 0 })
	r.resetTimer()
	multiply(nil, a, b, c, 0, n, 0, n, 0, n)
	r.stopTimer()
	trace, expected := 0.0, 0.0
	for i := range n {
		trace += c[i][i]
		for k := range n {
			expected += a[i][k] * b[k][i]
		}
	}
	check("the trace", int(trace), int(expected))
}

const threshold = 8

// multiply splits the largest dimension until it is small; the halves of i and j run in parallel.
func multiply(done chan<- bool, a, b, c matrix, i0, i1, j0, j1, k0, k1 int) {
	di, dj, dk := i1-i0, j1-j0, k1-k0
	switch {
	case di >= dj && di >= dk && di >= threshold:
		middle := i0 + di/2
		half := make(chan bool, 1)
		go multiply(half, a, b, c, i0, middle, j0, j1, k0, k1)
		multiply(nil, a, b, c, middle, i1, j0, j1, k0, k1)
		<-half
	case dj >= dk && dj >= threshold:
		middle := j0 + dj/2
		half := make(chan bool, 1)
		go multiply(half, a, b, c, i0, i1, j0, middle, k0, k1)
		multiply(nil, a, b, c, i0, i1, middle, j1, k0, k1)
		<-half
	case dk >= threshold:
		middle := k0 + dk/2
		multiply(nil, a, b, c, i0, i1, j0, j1, k0, middle)
		multiply(nil, a, b, c, i0, i1, j0, j1, middle, k1)
	default:
		for i := i0; i < i1; i++ {
			for j := j0; j < j1; j++ {
				for k := k0; k < k1; k++ {
					c[i][j] += a[i][k] * b[k][j]
				}
			}
		}
	}
	if done != nil {
		done <- true
	}
}
