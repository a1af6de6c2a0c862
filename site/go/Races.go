package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

func ask(ctx context.Context, mirror string) (string, error) {
	switch mirror {
	case "broken":
		return "", errors.New("connection refused")
	case "quick":
		return "the page, from the " + mirror + " mirror", nil
	default:
		select {
		case <-time.After(24 * time.Hour):
			return "too late", nil
		case <-ctx.Done():
			fmt.Println("The " + mirror + " mirror was cancelled.")
			return "", ctx.Err()
		}
	}
}

// The first that succeeds wins, and the rest is cancelled and gone when race returns.
func race(mirrors ...string) (string, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	type answer struct {
		page string
		err  error
	}
	answers := make(chan answer)
	for _, mirror := range mirrors {
		go func() {
			page, err := ask(ctx, mirror)
			answers <- answer{page, err}
		}()
	}
	page, failure, won := "", error(nil), false
	for range mirrors {
		answer := <-answers
		switch {
		case won:
		case answer.err == nil:
			page, won = answer.page, true
			cancel()
		case failure == nil:
			failure = answer.err
		}
	}
	if won {
		failure = nil
	}
	return page, failure
}

func main() {
	page, _ := race("broken", "slow", "quick")
	fmt.Println("Got", page)

	if _, err := race("broken", "broken"); err != nil {
		fmt.Println("Failed:", err)
	}
}
