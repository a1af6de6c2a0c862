package main

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// The size of the pool. Each goroutine takes keys from a channel and issues DELETE requests.
const poolSize = 100

// The number of errors we tolerate; with the next one, everybody stops.
const maxErrors = 100

type storeError struct{}

func (storeError) Error() string { return "forbidden" }

// A store in memory that takes its time.
type store struct {
	mu        sync.Mutex
	keys      map[string]bool
	forbidden func(i int) bool
}

func newStore(size int, forbidden func(i int) bool) *store {
	s := &store{keys: map[string]bool{}, forbidden: forbidden}
	for i := range size {
		s.keys[strconv.Itoa(i)] = true
	}
	return s
}

func (s *store) list() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	keys := make([]string, 0, len(s.keys))
	for key := range s.keys {
		keys = append(keys, key)
	}
	return keys
}

func (s *store) delete(key string) error {
	time.Sleep(5 * time.Millisecond)
	if i, _ := strconv.Atoi(key); s.forbidden(i) {
		return storeError{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.keys, key)
	return nil
}

func deleteAllKeys(parent context.Context, conn *store) {
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	keys := make(chan string, 1000)
	errs := make(chan error, maxErrors+1) // with room for the one that is too many
	var deleted, failed atomic.Int64
	var wg sync.WaitGroup

	// One goroutine pushes the keys into the channel.
	wg.Add(1)
	go func() {
		defer wg.Done()
		defer close(keys)
		for _, key := range conn.list() {
			select {
			case keys <- key:
			case <-ctx.Done():
				return
			}
		}
	}()

	// The others pull keys from the channel. Each looks at the context before it takes a key, as a
	// select between the two would choose at random.
	for range poolSize {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for key := range keys {
				if ctx.Err() != nil {
					return
				}
				err := conn.delete(key)
				if err == nil {
					deleted.Add(1)
					continue
				}
				switch count := failed.Add(1); {
				case count <= maxErrors:
					errs <- err
				case count == maxErrors+1:
					errs <- err
					cancel(fmt.Errorf("more than %d errors", maxErrors))
				}
			}
		}()
	}
	wg.Wait()
	close(errs)

	failures := map[string]int{}
	for err := range errs {
		failures[err.Error()]++
	}
	fmt.Println("Deleted keys:", deleted.Load())
	for status, count := range failures {
		fmt.Printf("failed to delete %d keys: %d x %s\n", count, count, status)
	}
	if cause := context.Cause(ctx); cause != nil {
		fmt.Println("stopped:", cause)
	}
	fmt.Println("Keys left:", len(conn.list()))
}

func main() {
	fmt.Println("A store where 100 of 10000 keys cannot be deleted:")
	deleteAllKeys(context.Background(), newStore(10_000, func(i int) bool { return i%100 == 0 }))

	fmt.Println("\nA store where none can:")
	deleteAllKeys(context.Background(), newStore(10_000, func(int) bool { return true }))
}
