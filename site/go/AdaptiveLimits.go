package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Go's libraries have no adaptive limiter. This one adds to its rate after each answer, and takes a
// part of it away after a refusal.
type adaptive struct {
	places  chan struct{} // for requests at the same time
	mu      sync.Mutex
	limiter *rate.Limiter
	pause   time.Time // nothing is sent before this
}

func (a *adaptive) acquire() {
	a.places <- struct{}{}
	a.mu.Lock()
	pause := time.Until(a.pause)
	a.mu.Unlock()
	time.Sleep(pause)
	a.limiter.Wait(context.Background())
}

func (a *adaptive) accepted() {
	<-a.places
	a.mu.Lock()
	defer a.mu.Unlock()
	a.limiter.SetLimit(a.limiter.Limit() + 10)
}

func (a *adaptive) refused(retryAfter time.Duration) {
	<-a.places
	a.mu.Lock()
	defer a.mu.Unlock()
	if now := time.Now(); now.After(a.pause) { // once for requests that are refused together
		a.pause = now.Add(retryAfter)
		a.limiter.SetLimit(max(a.limiter.Limit()*0.8, 10))
	}
}

// A service with a limit that its clients do not know
func main() {
	bucket := rate.NewLimiter(300, 30) // the service's own limit

	limiter := &adaptive{places: make(chan struct{}, 20), limiter: rate.NewLimiter(100, 20)}
	var requests sync.WaitGroup
	for range 150 {
		requests.Add(1)
		go func() {
			defer requests.Done()
			for isServed := false; !isServed; {
				limiter.acquire()
				time.Sleep(5 * time.Millisecond) // the request
				isServed = bucket.Allow()
				if isServed {
					limiter.accepted()
				} else { // HTTP's status 429 and its header Retry-After
					limiter.refused(100 * time.Millisecond)
				}
			}
		}()
	}
	requests.Wait()
	fmt.Println("All 150 requests were served.")
}
