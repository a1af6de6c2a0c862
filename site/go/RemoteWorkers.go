package main

import (
	"fmt"
	"slices"
	"sync"
)

// A pool of workers over a channel of this process. Go has no channels between processes: for
// those, a Go program needs a message broker and its client library.
func main() {
	fmt.Println("In this process:", pool())
}

// Three workers square the numbers from 1 to 9.
func pool() []int {
	jobs := make(chan int)
	var mu sync.Mutex
	var squares []int
	var workers sync.WaitGroup
	for range 3 {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for job := range jobs {
				mu.Lock()
				squares = append(squares, job*job)
				mu.Unlock()
			}
		}()
	}
	for job := 1; job <= 9; job++ {
		jobs <- job
	}
	close(jobs)
	workers.Wait()
	slices.Sort(squares)
	return squares
}
