package main

func addContexts() {}
