package main

import (
	"fmt"
	"math"
	"sync"
	"sync/atomic"
)

const many = 10_000
const chainedValues = 1_000

// addOthers adds workloads that others wrote to compare languages.
func addOthers() {
	add("SelectOne", func(r *Round) {
		c := make(chan int)
		go func() {
			for range r.N {
				c <- 1
			}
		}()
		sum := 0
		for range r.N {
			select {
			case v := <-c:
				sum += v
			}
		}
		check("the received total", sum, r.N)
	})
	add("SelectTwo", func(r *Round) {
		c1, c2 := make(chan int), make(chan int)
		for _, c := range []chan int{c1, c2} {
			go func() {
				for range r.N / 2 {
					c <- 1
				}
			}()
		}
		sum := 0
		for range r.N / 2 * 2 {
			select {
			case v := <-c1:
				sum += v
			case v := <-c2:
				sum += v
			}
		}
		check("the received total", sum, r.N/2*2)
	})
	add("Daisy", func(r *Round) {
		for range r.N {
			leftmost := make(chan int)
			left := leftmost
			for range many {
				right := make(chan int)
				go func(left, right chan int) { left <- 1 + <-right }(left, right)
				left = right
			}
			go func(c chan int) { c <- 1 }(left)
			check("the sum", <-leftmost, many+1)
		}
	})
	for _, capacity := range []int{0, 16, 100} {
		add(fmt.Sprint("OnePair/", capacity), func(r *Round) { pairs(r, 1, capacity) })
		add(fmt.Sprint("Parallel/", capacity), func(r *Round) { pairs(r, many, capacity) })
		add(fmt.Sprint("Chained/", capacity), func(r *Round) { chained(r, capacity) })
	}
	add("Pi", func(r *Round) {
		const terms = 5_000
		for range r.N {
			c := make(chan float64)
			for k := range terms + 1 {
				go func(n float64) { c <- 4 * math.Pow(-1, n) / (2*n + 1) }(float64(k))
			}
			pi := 0.0
			for range terms + 1 {
				pi += <-c
			}
			check("pi, in thousandths", int(math.Round(pi*1000)), 3142)
		}
	})
}

func pairs(r *Round, pairs, capacity int) {
	each := r.N / pairs
	var received atomic.Int64
	var wg sync.WaitGroup
	wg.Add(2 * pairs)
	for range pairs {
		c := make(chan int, capacity)
		go func() {
			for range each {
				c <- 1
			}
			wg.Done()
		}()
		go func() {
			sum := 0
			for range each {
				sum += <-c
			}
			received.Add(int64(sum))
			wg.Done()
		}()
	}
	wg.Wait()
	check("the received total", int(received.Load()), each*pairs)
}

func chained(r *Round, capacity int) {
	hops := min(many, max(1, r.N/chainedValues))
	values := r.N / hops
	first := make(chan int, capacity)
	last := first
	for range hops - 1 {
		from, to := last, make(chan int, capacity)
		go func() {
			for range values {
				to <- <-from
			}
		}()
		last = to
	}
	go func() {
		for range values {
			first <- 1
		}
	}()
	sum := 0
	for range values {
		sum += <-last
	}
	check("the resulting sum", sum, values)
}
