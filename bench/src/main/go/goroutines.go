package main

func addGoroutines() {}
