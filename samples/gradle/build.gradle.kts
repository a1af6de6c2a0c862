// For Gradle 9.1 or newer, which runs on Java 25.
plugins {
    java
}

repositories {
    mavenLocal { content { includeGroup("io.heddle") } } // until Heddle is on Maven Central
    mavenCentral()
}

java {
    toolchain { languageVersion = JavaLanguageVersion.of(25) }
}

dependencies {
    implementation(platform("io.heddle:heddle-bom:0.1.0-SNAPSHOT"))
    implementation("io.heddle:heddle-core")
    testImplementation("io.heddle:heddle-testing")
    testImplementation(platform("org.junit:junit-bom:6.1.3"))
    testImplementation("org.junit.jupiter:junit-jupiter")
    testRuntimeOnly("org.junit.platform:junit-platform-launcher")
}

// The same program as the sample for Maven.
sourceSets {
    main { java.srcDir("../maven/src/main/java") }
    test { java.srcDir("../maven/src/test/java") }
}

tasks.test {
    useJUnitPlatform()
    jvmArgs("--add-opens=java.base/java.lang=ALL-UNNAMED") // Heddle's own scheduler
}
