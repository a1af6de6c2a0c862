package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"
)

const permitted = "tenant" // the baggage that may travel

type baggage struct{}

func length(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	if left, err := time.ParseDuration(r.Header.Get("X-Time-Left")); err == nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, left)
		defer cancel()
	}
	within := ""
	if _, ok := ctx.Deadline(); ok {
		within = ", within the caller's time"
	}
	fmt.Fprintf(w, "%d letters for {%s}%s",
		len(r.URL.Query().Get("word")), r.Header.Get("Baggage"), within)
}

func call(ctx context.Context, server, word string) (string, error) {
	request, err := http.NewRequestWithContext(
		ctx, http.MethodGet, server+"?word="+url.QueryEscape(word), nil)
	if err != nil {
		return "", err
	}
	var members []string
	for name, value := range ctx.Value(baggage{}).(map[string]string) {
		if name == permitted {
			members = append(members, name+"="+value)
		}
	}
	request.Header.Set("Baggage", strings.Join(members, ","))
	if deadline, ok := ctx.Deadline(); ok {
		request.Header.Set("X-Time-Left", time.Until(deadline).String())
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return string(text), err
}

// Go's standard library has no call that carries a deadline and baggage to another process. This
// is such a call over HTTP: its headers carry both, and the handler checks what it accepts.
func main() {
	server := httptest.NewServer(http.HandlerFunc(length))
	defer server.Close()
	ctx := context.WithValue(context.Background(), baggage{},
		map[string]string{"tenant": "acme", "password": "secret"})
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	text, err := call(ctx, server.URL, "heddle")
	if err != nil {
		panic(err)
	}
	fmt.Println(text)
}
