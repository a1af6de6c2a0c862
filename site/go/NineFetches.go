package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// Nine fetches: at most four at a time, the results in order, all cancelled by the first failure,
// and within a deadline.
func fetchAll(urls []string) ([]string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(4)
	pages := make([]string, len(urls))
	for i, url := range urls {
		group.Go(func() error {
			page, err := fetch(ctx, url)
			pages[i] = page
			return err
		})
	}
	return pages, group.Wait()
}

// With the standard library alone
func fetchAllByHand(urls []string) ([]string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	var wg sync.WaitGroup
	var once sync.Once
	var failure error
	places := make(chan struct{}, 4)
	pages := make([]string, len(urls))
	for i, url := range urls {
		places <- struct{}{}
		wg.Add(1)
		go func() {
			defer wg.Done()
			defer func() { <-places }()
			page, err := fetch(ctx, url)
			if err != nil {
				once.Do(func() {
					failure = err
					cancel()
				})
			}
			pages[i] = page
		}()
	}
	wg.Wait()
	return pages, failure
}

var active, most atomic.Int32

func fetch(ctx context.Context, url string) (string, error) {
	now := active.Add(1)
	defer active.Add(-1)
	for old := most.Load(); now > old && !most.CompareAndSwap(old, now); old = most.Load() {
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%d of %s", response.StatusCode, request.URL.Path)
	}
	page, err := io.ReadAll(response.Body)
	return string(page), err
}

func main() {
	var broken atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		number := strings.TrimPrefix(r.URL.Path, "/page/")
		if broken.Load() && number == "5" {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		fmt.Fprint(w, "page ", number)
	}))
	defer server.Close()
	var urls []string
	for i := 1; i <= 9; i++ {
		urls = append(urls, fmt.Sprint(server.URL, "/page/", i))
	}

	pages, _ := fetchAll(urls)
	fmt.Println("[" + strings.Join(pages, ", ") + "]")
	fmt.Println("At most four at a time:", most.Load() <= 4)
	broken.Store(true)
	if _, err := fetchAll(urls); err != nil {
		fmt.Println("Failed:", err)
	}
	broken.Store(false)
	again, _ := fetchAllByHand(urls)
	fmt.Println("With the standard library alone the same:", slices.Equal(again, pages))
}
