// The Go peer answers each line of standard input with one line, like io.heddle.bench.peer.Child.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

var names []string
var bodies = map[string]func(*Round){}
var nanosPerOp = map[string]float64{}

// Resident memory before the first workload, so that memory left by the warm-up counts as used.
var residentAtStart = resident()

func add(name string, body func(*Round)) {
	if bodies[name] != nil {
		panic("two workloads are called " + name)
	}
	names = append(names, name)
	bodies[name] = body
}

func main() {
	addChannels()
	addSelects()
	addGoroutines()
	addSync()
	addMaps()
	addContexts()
	addTimes()
	addExtensions()
	addOthers()
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		fmt.Println(answer(strings.Fields(in.Text())))
	}
}

func answer(question []string) (reply string) {
	defer func() {
		if err := recover(); err != nil {
			debug.PrintStack()
			reply = strings.ReplaceAll(fmt.Sprint("error ", err), "\n", " ")
		}
	}()
	switch question[0] {
	case "list":
		return "list " + strings.Join(names, " ")
	case "work":
		return fmt.Sprintf("work %s %.3f", question[1], timeWork(question[1]))
	case "run":
		return run(question[1], number(question[2]))
	case "park":
		return park(number(question[1]))
	case "timers":
		return pendingTimers(number(question[1]))
	}
	return "error unknown question " + question[0]
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(err)
	}
	return n
}

func run(name string, n int) string {
	body := bodies[name]
	if body == nil {
		return "error no workload " + name
	}
	r := &Round{N: n, procs: runtime.GOMAXPROCS(0), expectedNanosPerOp: nanosPerOp[name]}
	runtime.GC()
	// In a goroutine of its own, as Go runs a benchmark. A failure in any other ends the process.
	done := make(chan any)
	go func() {
		defer func() { done <- recover() }()
		r.startTimer()
		body(r)
		r.stopTimer()
	}()
	if err := <-done; err != nil {
		panic(err)
	}
	nanosPerOp[name] = float64(r.nanos) / float64(n)
	return fmt.Sprintf("run %s %d %d %d", name, n, r.nanos, r.bytes)
}

func park(goroutines int) string {
	gate := make(chan bool)
	allArrived := make(chan bool)
	allEnded := make(chan bool)
	var arrived, ended atomic.Int64
	start := time.Now()
	for i := 0; i < goroutines; i++ {
		go func() {
			if arrived.Add(1) == int64(goroutines) {
				close(allArrived)
			}
			<-gate
			if ended.Add(1) == int64(goroutines) {
				close(allEnded)
			}
		}()
	}
	<-allArrived
	starting := time.Since(start)
	debug.FreeOSMemory()
	// After the collection, as on the JVM, and both from the same reading.
	now := status()
	bytes := memory(now, "VmRSS") - residentAtStart
	peak := memory(now, "VmHWM") - residentAtStart
	release := time.Now()
	close(gate)
	<-allEnded
	waking := time.Since(release)
	return fmt.Sprintf("park %d %d %d %d %d", goroutines, starting.Nanoseconds(), waking.Nanoseconds(), bytes, peak)
}

func resident() int {
	return memory(status(), "VmRSS")
}

// status is empty on systems without this file.
func status() string {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return ""
	}
	return string(text)
}

// memory is zero on systems that do not report it.
func memory(status, field string) int {
	if status == "" {
		return 0
	}
	for _, line := range strings.Split(status, "\n") {
		if strings.HasPrefix(line, field+":") {
			return number(strings.Fields(line)[1]) * 1024
		}
	}
	panic("no " + field + " in /proc/self/status")
}
