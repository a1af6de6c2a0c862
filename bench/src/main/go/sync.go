package main

func addSync() {}
