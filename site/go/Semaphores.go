package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

func main() {
	permits := semaphore.NewWeighted(3)
	ctx := context.Background()
	var running atomic.Int32
	var wg sync.WaitGroup

	// Ten downloads, three at a time
	for range 10 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			permits.Acquire(ctx, 1)
			defer permits.Release(1)
			if running.Add(1) > 3 {
				fmt.Println("Too many at once!")
			}
			time.Sleep(10 * time.Millisecond)
			running.Add(-1)
		}()
	}
	wg.Wait()
	if permits.TryAcquire(3) {
		permits.Release(3)
		fmt.Println("Downloads done, permits available: 3")
	}

	// A heavy task takes several permits
	permits.Acquire(ctx, 2)
	fmt.Println("One permit at once:", permits.TryAcquire(1))
	fmt.Println("Another at once:", permits.TryAcquire(1))

	// A context brings the deadline
	limited, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	fmt.Println("Another within 100 ms:", permits.Acquire(limited, 1) == nil)
}
