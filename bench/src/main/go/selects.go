package main

func addSelects() {}
