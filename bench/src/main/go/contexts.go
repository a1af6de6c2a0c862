package main

import (
	"context"
	"fmt"
	"sync"
	"time"
)

type key string

func addContexts() {
	add("CommonParentCancel", func(r *Round) {
		shared, cancelAll := context.WithCancel(context.WithValue(context.Background(), key("key"), "value"))
		defer cancelAll()
		r.runParallel(func(s *Share) {
			for s.next() {
				ctx, cancel := context.WithCancel(shared)
				if ctx.Value(key("key")).(string) != "value" {
					panic("the value is lost")
				}
				cancelWork()
				cancel()
				cancelWork()
			}
		})
	})
	for _, concurrency := range []int{40, 4_000, 400_000} {
		add(fmt.Sprint("WithTimeout/", concurrency), func(r *Round) { withTimeout(r, concurrency) })
	}
	for _, depth := range []int{1, 10, 100, 1_000} {
		for _, root := range []string{"Background", "OpenCanceler", "ClosedCanceler"} {
			add(fmt.Sprint("CancelTree/", depth, "/", root), func(r *Round) { cancelTree(r, depth, root) })
		}
	}
	add("CheckCanceled/Err", func(r *Round) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		for range r.N {
			if ctx.Err() == nil {
				panic("not cancelled")
			}
		}
	})
	add("CheckCanceled/Done", func(r *Round) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		for range r.N {
			select {
			case <-ctx.Done():
			default:
				panic("not cancelled")
			}
		}
	})
	add("ContextCancelDone", func(r *Round) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		r.runParallel(func(s *Share) {
			for s.next() {
				select {
				case <-ctx.Done():
					panic("cancelled")
				default:
				}
			}
		})
	})
	for _, depth := range []int{10, 20, 30, 50, 100} {
		add(fmt.Sprint("DeepValueNewGoRoutine/", depth), func(r *Round) {
			ctx := chain(depth)
			for range r.N {
				var wg sync.WaitGroup
				wg.Add(1)
				go func() {
					look(ctx)
					wg.Done()
				}()
				wg.Wait()
			}
		})
		add(fmt.Sprint("DeepValueSameGoRoutine/", depth), func(r *Round) {
			ctx := chain(depth)
			for range r.N {
				look(ctx)
			}
		})
	}
}

func withTimeout(r *Round, concurrency int) {
	background := make([]context.CancelFunc, concurrency/r.procs*r.procs)
	inEachProcessor(r.procs, func(p int) {
		part := background[p*(concurrency/r.procs):][:concurrency/r.procs]
		for i := range part {
			_, part[i] = context.WithTimeout(context.Background(), time.Hour)
		}
	})
	r.resetTimer()
	r.runParallel(func(s *Share) {
		cancels := make([]context.CancelFunc, 10)
		for s.next() {
			for i := range cancels {
				_, cancels[i] = context.WithTimeout(context.Background(), time.Hour)
			}
			for _, cancel := range cancels {
				cancel()
			}
		}
	})
	r.stopTimer()
	for _, cancel := range background {
		cancel()
	}
}

func cancelTree(r *Round, depth int, root string) {
	for range r.N {
		ctx := context.Background()
		cancel := func() {}
		if root != "Background" {
			ctx, cancel = context.WithCancel(ctx)
		}
		if root == "ClosedCanceler" {
			cancel()
		}
		for range depth {
			ctx, _ = context.WithCancel(ctx)
		}
		cancel()
		if root != "Background" && ctx.Err() == nil {
			panic("not cancelled")
		}
	}
}

func chain(depth int) context.Context {
	ctx := context.Background()
	for i := range depth {
		ctx = context.WithValue(ctx, i, i)
	}
	return ctx
}

func look(ctx context.Context) {
	if ctx.Value(-1) != nil {
		panic("a value from nowhere")
	}
}
