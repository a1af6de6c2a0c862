package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
)

func fetch(ctx context.Context, page string) error {
	if page == "prices" {
		return errors.New("no such page: " + page)
	}
	select {
	case <-time.After(24 * time.Hour): // Slow pages
		return nil
	case <-ctx.Done():
		fmt.Println("Gave up on", page)
		return ctx.Err()
	}
}

func main() {
	// Each goroutine has its place for its result
	squares := make([]int, 3)
	var group errgroup.Group
	for i := range squares {
		n := i + 1
		group.Go(func() error {
			squares[n-1] = n * n
			return nil
		})
	}
	if err := group.Wait(); err == nil {
		fmt.Println("Squares:", squares)
	}

	// The first error cancels the other tasks
	pages, ctx := errgroup.WithContext(context.Background())
	for _, page := range []string{"news", "weather", "prices"} {
		pages.Go(func() error { return fetch(ctx, page) })
	}
	if err := pages.Wait(); err != nil {
		fmt.Println("Failed:", err)
	}
}
