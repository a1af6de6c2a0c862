// Follows README.md and docs/start/first-ten-minutes.md as a new user does: takes every command and file from the pages,
// in a new clone of the current commit, with an empty home and an empty Maven repository. Prints the time of each step, and
// exits with status 1 at the first that does not do what its page says.
//
//   node bin/try-start.mjs            about two minutes, mostly of downloads
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const home = mkdtempSync(join(tmpdir(), 'heddle-start-'))
const clone = join(home, 'heddle')
const project = join(home, 'watch')
const began = Date.now()
const environment = { ...process.env, HOME: home, TERM: 'dumb', MAVEN_OPTS: `-Duser.home=${home}` }
delete environment.JAVA_HOME
delete environment.HEDDLE_JAVA_HOME

const blocks = (page, language) =>
  [...readFileSync(join(root, page), 'utf8').matchAll(/^```(\w*)\n([\s\S]*?)^```/gm)]
    .filter((match) => match[1] === language)
    .map((match) => match[2])

function fail(text, output = '') {
  console.error(`${output}\nFAILED: ${text}\nThe files are in ${home}`)
  process.exit(1)
}

// Runs a block of commands in a folder, as in a shell that has already run the commands of setup.
function run(folder, commands, { setup = '', status = 0, prints = '' } = {}) {
  const script = `cd '${clone}'\n${setup}\ncd '${folder}'\nset -e\n${commands}`
  const { stdout, stderr, status: actual } = spawnSync('bash', ['-c', script], {
    env: environment,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  const minutes = ((Date.now() - began) / 60_000).toFixed(2)
  console.log(`${minutes} min  ${commands.trim().split('\n').join('\n          ')}`)
  if (actual !== status) fail(`status ${actual} instead of ${status}`, stdout + stderr)
  if (!(stdout + stderr).includes(prints)) fail(`the output lacks: ${prints}`, stdout + stderr)
}

// A text of a page with a part replaced, as the page asks for.
function replaced(text, part, other) {
  if (!text.includes(part)) fail(`the page's code has no longer: ${part}`)
  return text.replace(part, other)
}

const cloned = spawnSync('git', ['clone', '-q', root, clone], { encoding: 'utf8' })
if (cloned.status !== 0) fail('git clone', cloned.stderr)

// README.md: its first command, and its example.
run(clone, blocks('README.md', 'sh')[0].split('\n')[0], { prints: ' passed, 0 failed' })
writeFileSync(join(clone, 'Squares.java'), blocks('README.md', 'java')[0])
run(clone, '"$(./heddle java-home)/bin/java" -cp "cli/target/lib/*" Squares.java', { prints: blocks('README.md', 'text')[0] })

// The first ten minutes.
const page = 'docs/start/first-ten-minutes.md'
const [list, jdk, hello, install, folders, test, ...more] = blocks(page, 'sh')
const [program, code, codeOfTest] = blocks(page, 'java')
const [deadlock, passed, leak] = blocks(page, '')
if (more.length > 0 || leak === undefined) fail(`${page} has other blocks than this script follows`)
run(clone, list, { prints: 'RemoteWorkers' })
run(clone, jdk, { prints: 'Java version: 25' })
const setup = jdk.split('\n')[0]
writeFileSync(join(clone, 'Hello.java'), program)
run(clone, hello, { setup, prints: blocks(page, 'text')[0] })
writeFileSync(join(clone, 'Hello.java'), replaced(program, '      messages.close();\n', ''))
run(clone, hello, { setup, status: 2, prints: deadlock.trim() })
run(clone, install, { setup })
run(clone, folders, { setup })
writeFileSync(join(project, 'pom.xml'), blocks(page, 'xml')[0])
const changes = join(project, 'src/main/java/watch/Changes.java')
writeFileSync(changes, code)
writeFileSync(join(project, 'src/test/java/watch/ChangesTest.java'), codeOfTest)
run(project, test, { setup, prints: passed.trim() })
const minutes = ((Date.now() - began) / 60_000).toFixed(1)
writeFileSync(changes, replaced(code, 'go(context, () -> {', 'go(() -> {'))
run(project, test, { setup, status: 1, prints: leak.split('\n')[1] })

rmSync(home, { recursive: true, force: true })
console.log(`START PASSED: ${minutes} minutes from the clone to the first passing test of one's own`)
