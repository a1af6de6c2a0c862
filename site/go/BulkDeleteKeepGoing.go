package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"
)

// The size of the pool. Each goroutine takes keys from a channel and issues DELETE requests.
const poolSize = 100

var (
	errForbidden   = errors.New("forbidden")
	errNotFound    = errors.New("not found")
	errLocked      = errors.New("locked")
	errUnavailable = errors.New("unavailable")
)

// A store in memory that takes its time, and does not delete every key.
type store struct {
	mu     sync.Mutex
	keys   map[string]bool
	faults map[string][]error // those of the next requests; the last one stays
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

func (s *store) tryToDelete(key string) error {
	time.Sleep(5 * time.Millisecond)
	s.mu.Lock()
	defer s.mu.Unlock()
	if faults := s.faults[key]; len(faults) > 0 {
		if len(faults) > 1 {
			s.faults[key] = faults[1:]
		}
		if faults[0] != nil {
			return faults[0]
		}
	}
	delete(s.keys, key)
	return nil
}

// Tries again what may pass.
func (s *store) delete(key string) error {
	for {
		if err := s.tryToDelete(key); err != errUnavailable {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
}

type outcome struct {
	key string
	err error
}

func deleteAllKeys(conn *store, failedKeys *bufio.Writer) {
	keys := make(chan string, 1000)
	outcomes := make(chan outcome, poolSize)

	// Three execution flows happen at once: pushing keys, deleting them, and collecting the
	// outcomes. A sender that finds its channel full waits, so nothing is dropped and nothing piles up.
	go func() {
		defer close(keys)
		for _, key := range conn.list() {
			keys <- key
		}
	}()

	var processing sync.WaitGroup
	for range poolSize {
		processing.Add(1)
		go func() {
			defer processing.Done()
			for key := range keys {
				outcomes <- outcome{key, conn.delete(key)}
			}
		}()
	}
	go func() {
		processing.Wait()
		close(outcomes) // No sender is left
	}()

	deleted, gone, failures := 0, 0, map[error]int{}
	for result := range outcomes {
		switch result.err {
		case nil:
			deleted++
		case errNotFound:
			gone++
		default:
			failures[result.err]++
			fmt.Fprintf(failedKeys, "%s\t%v\n", result.key, result.err)
		}
	}

	fmt.Println("Deleted keys:", deleted)
	fmt.Println("already gone:", gone)
	fmt.Printf("failed to delete %d keys: %d x %v, %d x %v\n",
		failures[errForbidden]+failures[errLocked],
		failures[errForbidden], errForbidden, failures[errLocked], errLocked)
}

func main() {
	fmt.Println("A store where 1000 of 10000 keys cannot be deleted and 20 are gone already:")
	conn := &store{keys: map[string]bool{}, faults: map[string][]error{}}
	for i := range 10_000 {
		conn.keys[strconv.Itoa(i)] = true
	}
	for i := 0; i < 10_000; i += 10 {
		err := errForbidden
		if i%100 == 0 {
			err = errLocked
		}
		conn.faults[strconv.Itoa(i)] = []error{err}
	}
	for i := 1; i < 10_000; i += 500 {
		conn.faults[strconv.Itoa(i)] = []error{errNotFound}
		conn.faults[strconv.Itoa(i+1)] = []error{errUnavailable, nil}
	}

	file, err := os.CreateTemp("", "failed-keys")
	if err != nil {
		panic(err)
	}
	defer os.Remove(file.Name())
	failedKeys := bufio.NewWriter(file)
	deleteAllKeys(conn, failedKeys)
	if err := errors.Join(failedKeys.Flush(), file.Close()); err != nil {
		panic(err)
	}
	text, err := os.ReadFile(file.Name())
	if err != nil {
		panic(err)
	}
	fmt.Println("Keys in the file of failed keys:", bytes.Count(text, []byte("\n")))
}
