package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// A queue in a folder: a stage is a folder in it, a message a file. A rename hands a message over in
// one step, so that a crash leaves it in one stage or in the other. For a single process.
type queue struct{ folder string }

type message struct {
	Body    string
	Attempt int
	Due     time.Time
}

func (q queue) put(stage, key string, m message) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	draft := filepath.Join(q.folder, key+".draft")
	return errors.Join(
		os.MkdirAll(filepath.Join(q.folder, stage), 0o755),
		os.WriteFile(draft, text, 0o644),
		os.Rename(draft, filepath.Join(q.folder, stage, key)))
}

func (q queue) handOver(from, to, key string) error {
	return errors.Join(
		os.MkdirAll(filepath.Join(q.folder, to), 0o755),
		os.Rename(filepath.Join(q.folder, from, key), filepath.Join(q.folder, to, key)))
}

// claim waits for a message of a stage that is due.
func (q queue) claim(ctx context.Context, stage string) (string, message, error) {
	for {
		files, _ := filepath.Glob(filepath.Join(q.folder, stage, "*"))
		for _, file := range files {
			var m message
			text, err := os.ReadFile(file)
			if err == nil && json.Unmarshal(text, &m) == nil && !time.Now().Before(m.Due) {
				return filepath.Base(file), m, nil
			}
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			return "", message{}, ctx.Err()
		}
	}
}

func main() {
	folder, err := os.MkdirTemp("", "orders")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	q := queue{folder}
	if err := q.put("check", "order 1", message{Body: "shop.example www.shop.example"}); err != nil {
		panic(err)
	}

	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			key, m, err := q.claim(ctx, "check")
			if err != nil {
				return
			}
			if err := check(ctx, q, key, m); err != nil {
				panic(err)
			}
		}
	}()
	ready, _, err := q.claim(ctx, "validate")
	if err != nil {
		panic(err)
	}
	fmt.Println(ready, "is handed over to the CA")
	cancel()
	<-stopped
}

// All domains at the same time, all challenges of each: the first that passes ends the others.
func check(ctx context.Context, q queue, key string, m message) error {
	m.Attempt++
	domains, ctx := errgroup.WithContext(ctx)
	for _, domain := range strings.Fields(m.Body) {
		domains.Go(func() error { return firstOf(ctx, checkHTTP(domain, m.Attempt), checkDNS) })
	}
	if domains.Wait() != nil {
		fmt.Printf("Attempt %d: not ready, comes back later\n", m.Attempt)
		m.Due = time.Now().Add(20 * time.Millisecond) // no goroutine sleeps: the queue has the time
		return q.put("check", key, m)
	}
	fmt.Printf("Attempt %d: a challenge of each domain would pass\n", m.Attempt)
	return q.handOver("check", "validate", key)
}

func firstOf(parent context.Context, checks ...func(context.Context) error) error {
	ctx, cancel := context.WithCancel(parent)
	defer cancel()
	results := make(chan error, len(checks))
	for _, check := range checks {
		go func() { results <- check(ctx) }()
	}
	var failures []error
	for range checks {
		err := <-results
		if err == nil {
			return nil
		}
		failures = append(failures, err)
	}
	return errors.Join(failures...)
}

func checkHTTP(domain string, attempt int) func(context.Context) error {
	return func(context.Context) error {
		if strings.HasPrefix(domain, "www.") && attempt < 3 {
			return errors.New("404 Not Found")
		}
		return nil
	}
}

func checkDNS(ctx context.Context) error {
	select {
	case <-time.After(50 * time.Millisecond): // a slow name server
		return errors.New("no TXT record")
	case <-ctx.Done():
		return ctx.Err()
	}
}
