package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"
)

func addExtensions() {
	add("ErrGroup", func(r *Round) {
		var group errgroup.Group
		var ran atomic.Int64
		for range r.N {
			group.Go(func() error {
				ran.Add(1)
				return nil
			})
		}
		group.Wait()
		check("goroutines", int(ran.Load()), r.N)
	})
	for _, capacity := range []int{1, 128} {
		add(fmt.Sprint("NewSeq/Weighted/", capacity), func(r *Round) {
			for range r.N {
				lastSemaphore = semaphore.NewWeighted(int64(capacity))
			}
		})
		add(fmt.Sprint("NewSeq/chan/", capacity), func(r *Round) {
			for range r.N {
				lastChannel = make(chan bool, capacity)
			}
		})
	}
	for _, s := range [][3]int{
		{1, 1, 1}, {2, 1, 1}, {16, 1, 1}, {128, 1, 1}, {2, 2, 1},
		{16, 2, 8}, {128, 2, 64}, {2, 1, 2}, {16, 8, 2}, {128, 64, 2},
	} {
		name := fmt.Sprintf("%d-%d-%d", s[0], s[1], s[2])
		add("AcquireSeq/Weighted/"+name, func(r *Round) { acquire(r, s[0], s[1], s[2], false) })
		add("TryAcquireSeq/Weighted/"+name, func(r *Round) { acquire(r, s[0], s[1], s[2], true) })
		add("AcquireSeq/chan/"+name, func(r *Round) { acquireByChannel(r, s[0], s[1], s[2], false) })
		add("TryAcquireSeq/chan/"+name, func(r *Round) { acquireByChannel(r, s[0], s[1], s[2], true) })
	}
	add("AllowN", func(r *Round) {
		limiter := rate.NewLimiter(rate.Every(time.Second), 1)
		var allowed atomic.Int64
		r.runParallel(func(s *Share) {
			mine := 0
			for s.next() {
				if limiter.AllowN(time.Now(), 1) {
					mine++
				}
			}
			allowed.Add(int64(mine))
		})
		if allowed.Load() < 1 {
			panic("nothing was allowed")
		}
	})
	add("WaitNNoDelay", func(r *Round) {
		limiter := rate.NewLimiter(rate.Limit(r.N), r.N)
		ctx := context.Background()
		for range r.N {
			if err := limiter.WaitN(ctx, 1); err != nil {
				panic(err)
			}
		}
	})
	add("Sometimes/Every10", func(r *Round) { sometimes(r, &rate.Sometimes{Every: 10}, r.N/10) })
	add("Sometimes/Interval", func(r *Round) { sometimes(r, &rate.Sometimes{Interval: time.Hour}, 1) })
}

// Keeps the compiler from removing unused semaphores.
var lastSemaphore *semaphore.Weighted
var lastChannel chan bool

func acquire(r *Round, capacity, size, count int, trying bool) {
	s := semaphore.NewWeighted(int64(capacity))
	ctx := context.Background()
	for range r.N {
		for range count {
			if trying {
				if !s.TryAcquire(int64(size)) {
					panic("no permits")
				}
			} else if err := s.Acquire(ctx, int64(size)); err != nil {
				panic(err)
			}
		}
		for range count {
			s.Release(int64(size))
		}
	}
}

func acquireByChannel(r *Round, capacity, size, count int, trying bool) {
	s := make(chan bool, capacity)
	for range r.N {
		for range count {
			if trying && len(s)+size > cap(s) {
				panic("no permits")
			}
			for range size {
				s <- true
			}
		}
		for range count * size {
			<-s
		}
	}
	check("permits taken", len(s), 0)
}

func sometimes(r *Round, s *rate.Sometimes, expected int) {
	ran := 0
	for range r.N {
		s.Do(func() { ran++ })
	}
	if ran < expected-1 || ran > expected+1 {
		panic(fmt.Sprint("ran ", ran, " times instead of ", expected))
	}
}
