// The crawler in Go, on a site in memory: compare it with Crawler.java, which prints the same.
package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

type page struct {
	path   string
	status int
	links  []string
}

// crawl fetches each page once, level by level. Only this goroutine uses the maps.
func crawl(root string, maxDepth, fetchers int, limit time.Duration) (map[string]int, bool) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	work := make(chan string)
	pages := make(chan page)
	var group sync.WaitGroup
	defer group.Wait() // after cancel, as deferred calls run in reverse order
	defer cancel()
	for range fetchers {
		group.Add(1)
		go func() {
			defer group.Done()
			for {
				select {
				case path := <-work:
					select {
					case pages <- fetch(ctx, path):
					case <-ctx.Done():
						return
					}
				case <-ctx.Done():
					return
				}
			}
		}()
	}
	fetched := map[string]int{}
	seen := map[string]bool{root: true}
	level := []string{root}
	for depth := 0; depth <= maxDepth; depth++ {
		var next []string
		for active := 0; active > 0 || len(level) > 0; {
			var send chan string // nil, and never ready, if the level has been handed out
			var first string
			if len(level) > 0 {
				send, first = work, level[0]
			}
			select {
			case page := <-pages:
				active--
				fetched[page.path] = page.status
				for _, link := range page.links {
					if !seen[link] {
						seen[link] = true
						next = append(next, link)
					}
				}
			case send <- first:
				level = level[1:]
				active++
			case <-ctx.Done():
				return fetched, false
			}
		}
		level = next
	}
	return fetched, true
}

var site = map[string][]string{
	"/": {"/a", "/b", "/c", "/d"}, "/a": {"/", "/b", "/a/1"}, "/b": {"/a", "/x"},
	"/c": {}, "/d": {}, "/a/1": {"/2"},
}
var connections = make(chan struct{}, 3) // the site refuses a fourth request
var requests sync.Map

func fetch(ctx context.Context, path string) page {
	count, _ := requests.LoadOrStore(path, new(atomic.Int32))
	count.(*atomic.Int32).Add(1)
	if path == "/stuck" {
		<-ctx.Done() // never answers
	}
	select {
	case connections <- struct{}{}:
		defer func() { <-connections }()
	default:
		return page{path, 503, nil}
	}
	time.Sleep(20 * time.Millisecond)
	links, found := site[path]
	if !found {
		return page{path, 404, nil}
	}
	return page{path, 200, links}
}

func main() {
	pages, complete := crawl("/", 2, 3, time.Minute)
	var paths []string
	for path := range pages {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	for _, path := range paths {
		fmt.Printf("%s: %d\n", path, pages[path])
	}
	fmt.Println("Complete:", complete)
	once := true
	requests.Range(func(_, count any) bool {
		once = once && count.(*atomic.Int32).Load() == 1
		return true
	})
	fmt.Println("Each page once:", once)
	_, complete = crawl("/stuck", 2, 3, 200*time.Millisecond)
	fmt.Println("In time:", complete)
}
