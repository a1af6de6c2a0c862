package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// The keys are behind a real HTTP server that sometimes throttles, fails and drops connections.
type server struct {
	mu      sync.Mutex
	keys    map[string]bool
	refused bool
}

const pageSize = 1000

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	time.Sleep(5 * time.Millisecond)
	if r.Method == http.MethodGet {
		json.NewEncoder(w).Encode(s.list(r.URL.Query().Get("after")))
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch chance := rand.Float64(); {
	case !s.refused:
		s.refused = true
		w.WriteHeader(http.StatusTooManyRequests)
	case chance < 0.01:
		w.WriteHeader(http.StatusServiceUnavailable)
	case chance < 0.02:
		panic(http.ErrAbortHandler) // drops the connection
	default:
		delete(s.keys, r.URL.Path[1:])
		w.WriteHeader(http.StatusNoContent)
	}
}

// The page of keys that follow one.
func (s *server) list(after string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	page := []string{}
	for key := range s.keys {
		if key > after {
			page = append(page, key)
		}
	}
	slices.Sort(page)
	return page[:min(pageSize, len(page))]
}

type store struct {
	client  *http.Client
	url     string
	retries atomic.Int64
}

// Tries again whatever may pass, later each time.
func (s *store) try(ctx context.Context, method, path string) ([]byte, error) {
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		request, err := http.NewRequestWithContext(ctx, method, s.url+path, nil)
		if err != nil {
			return nil, err
		}
		if response, err := s.client.Do(request); err == nil {
			body, err := io.ReadAll(response.Body)
			response.Body.Close()
			if err == nil && response.StatusCode < 300 {
				return body, nil
			}
		}
		s.retries.Add(1)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func purge(ctx context.Context, s *store) (deleted int64, err error) {
	keys := make(chan string, pageSize)
	var count atomic.Int64
	var workers sync.WaitGroup
	for range 100 {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for key := range keys {
				if _, err := s.try(ctx, http.MethodDelete, "/"+key); err == nil {
					count.Add(1)
				}
			}
		}()
	}
	for after := ""; ; {
		body, failure := s.try(ctx, http.MethodGet, "/?after="+after)
		var page []string
		if err = failure; err == nil {
			err = json.Unmarshal(body, &page)
		}
		if err != nil || len(page) == 0 {
			break
		}
		for _, key := range page {
			keys <- key
		}
		after = page[len(page)-1]
	}
	close(keys)
	workers.Wait()
	return count.Load(), err
}

func main() {
	data := &server{keys: map[string]bool{}}
	for i := range 10_000 {
		data.keys["key-"+strconv.Itoa(i)] = true
	}
	http.DefaultTransport.(*http.Transport).MaxIdleConnsPerHost = 100
	server := httptest.NewServer(data)
	defer server.Close()
	s := &store{client: http.DefaultClient, url: server.URL}
	deleted, err := purge(context.Background(), s)
	if err != nil {
		panic(err)
	}
	fmt.Println("Deleted keys:", deleted)
	fmt.Println("Some were tried again:", s.retries.Load() > 0)
	fmt.Println("Keys left:", len(data.list("")))
}
