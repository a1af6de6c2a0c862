package main

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

func fetch(page string, delay time.Duration) string {
	time.Sleep(delay)
	return "<" + page + ">"
}

type request struct {
	page  string
	delay time.Duration
}

var requests = []request{{"slow", 300 * time.Millisecond}, {"quick", 10 * time.Millisecond}}

func main() {
	// One goroutine with a result: a channel with room for it
	news := make(chan string, 1)
	go func() { news <- fetch("news", 10*time.Millisecond) }()
	fmt.Println(<-news)

	// Many, in the order in which they were started: each has its place
	pages := make([]string, len(requests))
	var wg sync.WaitGroup
	for i, r := range requests {
		wg.Add(1)
		go func() {
			defer wg.Done()
			pages[i] = fetch(r.page, r.delay)
		}()
	}
	wg.Wait()
	fmt.Println("[" + strings.Join(pages, ", ") + "]")

	// Many, in the order in which they end: one channel
	results := make(chan string)
	for _, r := range requests {
		go func() { results <- fetch(r.page, r.delay) }()
	}
	for range requests {
		fmt.Println(<-results)
	}
}
