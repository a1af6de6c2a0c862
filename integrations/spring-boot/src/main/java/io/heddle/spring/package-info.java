/**
 * Heddle in Spring Boot: requests and asynchronous methods run in goroutines, with health, metrics,
 * dumps and an orderly end. It is configured by the properties below {@code heddle.spring}.
 */
@NullMarked
package io.heddle.spring;

import org.jspecify.annotations.NullMarked;
