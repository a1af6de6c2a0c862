// Makes the site's pages from docs/ and the tour:
//   node generate.mjs ROOT PAGES TOUR-LIST TOUR-OUTPUT
// TOUR-LIST and TOUR-OUTPUT are what `heddle tour --list` and `heddle tour --virtual` print.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, posix, relative } from 'node:path'

const [root, pages, listFile, outputFile] = process.argv.slice(2)
const pom = readFileSync(join(root, 'pom.xml'), 'utf8')
const repository = /^ {2}<url>(.*)<\/url>$/m.exec(pom)[1]
const read = (file) => readFileSync(join(root, file), 'utf8')
const kebab = (name) => name.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()

function write(page, text) {
  mkdirSync(dirname(join(pages, page)), { recursive: true })
  writeFileSync(join(pages, page), text)
}

// ---- Which file of the repository is which page ----

const moved = {
  'README.md': 'index.md',
  'docs/README.md': 'contents.md',
  'docs/decisions/README.md': 'decisions/index.md',
  'CHANGELOG.md': 'changelog.md',
  'CONTRIBUTING.md': 'contributing.md',
  'SECURITY.md': 'security.md',
}

function pageOf(file) {
  if (moved[file]) return moved[file]
  if (/^tour\/programs\/?$/.test(file)) return 'tour/index.md'
  const program = /^tour\/programs\/(\w+)\.java$/.exec(file)
  if (program) return `tour/${kebab(program[1])}.md`
  if (file.startsWith('docs/') && !/\/$/.test(file)) return file.slice('docs/'.length)
  return null
}

/** A link in a file, as it is on the file's page. */
function linkOf(file, target) {
  const [path, anchor] = target.split('#')
  if (/^[a-z]+:/.test(target) || path === '') return target
  const to = posix.normalize(posix.join(posix.dirname(file), path))
  const page = pageOf(to)
  const hash = anchor ? '#' + anchor : ''
  if (page && !page.endsWith('.svg')) return '/' + page + hash
  if (page) return '/' + page
  const kind = /\.\w+$|\/LICENSE$|^LICENSE$/.test(to) ? 'blob' : 'tree'
  return `${repository}/${kind}/main/${to}${hash}`
}

/** Calls a function with each part of a Markdown text that is no code, and joins the results. */
function outsideOfCode(text, change) {
  return text
    .split(/^(```[\s\S]*?^```|~~~[\s\S]*?^~~~)/m)
    .map((part, i) => (i % 2 ? part : part.split(/(`+[^`]+`+)/).map((p, j) => (j % 2 ? p : change(p))).join('')))
    .join('')
}

function convert(file) {
  // Links may have code as their text, so they are changed in the whole text but its blocks.
  const text = read(file)
    .split(/^(```[\s\S]*?^```)/m)
    .map((part, i) => (i % 2 ? part : part.replace(/\]\(([^()\s]+)\)/g, (_, target) => `](${linkOf(file, target)})`)))
    .join('')
  // Vue would take these for its own.
  return outsideOfCode(text, (part) => part.replaceAll('{{', '&#123;&#123;').replace(/<(?=[A-Z?])/g, '&lt;'))
}

// ---- The documentation ----

const documents = readdirSync(join(root, 'docs'), { recursive: true })
  .map((file) => 'docs/' + file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.md'))
for (const file of [...documents, 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md']) {
  // The benchmark writes its page and its chart as two files.
  const chart = '\n\n![Speed of each library relative to Go, one line for each benchmark](/benchmark.svg)\n'
  const page = convert(file)
  write(pageOf(file), file === 'docs/benchmark.md' ? page.replace(/\n(?=\n## )/, chart) : page)
}
for (const file of readdirSync(join(root, 'docs'), { recursive: true }).filter((file) => /\.(svg|png)$/.test(file))) {
  mkdirSync(dirname(join(pages, 'public', file)), { recursive: true })
  copyFileSync(join(root, 'docs', file), join(pages, 'public', file))
}

/** The title of a page: its first heading. */
const title = (file) => /^# (.*)$/m.exec(read(file))[1].replaceAll('`', '')
/** The first paragraph of a page, as one line. */
const summary = (file) =>
  read(file).split(/\n\n+/).slice(1).find((p) => /^(\*\*)?[A-Z`"]/.test(p))?.replaceAll('**', '').replace(/\s+/g, ' ').replace(/\[([^\]]*)\]\([^)]*\)/g, '$1') ?? ''

// The sections of docs/README.md are those of the sidebar.
const sections = read('docs/README.md')
  .split(/^## /m)
  .slice(1)
  .map((section) => {
    const links = [...section.matchAll(/\]\(([\w./-]+\.md)\)/g)].map((m) => posix.join('docs', m[1]))
    return { name: /^[^:\n]*/.exec(section)[0], files: [...new Set(links)].filter((file) => existsSync(join(root, file))) }
  })

// ---- The tour ----

const chapters = []
for (const line of readFileSync(listFile, 'utf8').split('\n')) {
  const program = /^ {2}(\w+) +(.*)$/.exec(line)
  if (program) chapters.at(-1).programs.push({ name: program[1], shows: program[2] })
  else if (line.trim()) chapters.push({ title: line.trim(), programs: [] })
}
const outputs = new Map()
for (const part of readFileSync(outputFile, 'utf8').split(/^(?=\w+: )/m)) {
  const run = /^(\w+): .*\n([\s\S]*?)^ {2}ok in (.*)$/m.exec(part)
  if (run) outputs.set(run[1], { text: run[2].replace(/^ {4}/gm, '').trimEnd(), took: run[3] })
}

const programs = chapters.flatMap((chapter) => chapter.programs.map((program) => ({ ...program, chapter: chapter.title })))
const sentence = (text) => text[0].toUpperCase() + text.slice(1)
/** The name of a program as a title: "Wait groups", "Beside the JDK". */
const words = (name) =>
  name.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').replace(/(?<= )[A-Z](?=[a-z])/g, (letter) => letter.toLowerCase()).replace(/\bJdk\b|\bjdk\b/, 'JDK')
for (const [i, { name, shows, chapter }] of programs.entries()) {
  const output = outputs.get(name)
  if (!output) throw new Error(`the tour's output has no ${name} that passed`)
  const java = read(`tour/programs/${name}.java`).trimEnd()
  const go = read(`site/go/${name}.go`).trimEnd()
  // Where a Go program prints something else than the Java program, a file beside it has its output.
  const goOutput = existsSync(join(root, 'site/go', name + '.txt')) ? read(`site/go/${name}.txt`).trimEnd() : null
  const neighbour = (at) => (programs[at] ? { text: words(programs[at].name), link: `/tour/${kebab(programs[at].name)}` } : false)
  const virtual = /^(.*) of virtual time, (.*) of real$/.exec(output.took)
  const time = virtual && virtual[1] !== '0 s' && !/^0(\.0+)? s$/.test(virtual[1]) ? `, after ${virtual[1]}. In virtual time, as in a test, it takes ${virtual[2]}` : ''
  const front = { title: words(name), description: sentence(shows), pageClass: 'tour-page', aside: false, prev: neighbour(i - 1), next: neighbour(i + 1) }
  write(
    `tour/${kebab(name)}.md`,
    `---\n${JSON.stringify(front)}\n---\n\n# ${words(name)}\n\n${sentence(shows)}.\n\n` +
      `<div class="pair two">\n<div>\n\nJava, with Heddle\n\n\`\`\`java\n${java}\n\`\`\`\n\n</div>\n` +
      // The Go programs are run by ./heddle docs --check, where there is a Go.
      `<div>\n\nGo\n\n\`\`\`go\n${go}\n\`\`\`\n\n</div>\n` +
      `</div>\n\n${goOutput ? 'The Java program prints' : 'Both print'}${time}:\n\n\`\`\`text\n${output.text}\n\`\`\`\n\n` +
      (goOutput ? `The Go program prints:\n\n\`\`\`text\n${goOutput}\n\`\`\`\n\n` : '') +
      `Run it with \`./heddle tour ${name}\`. The file is [${name}.java](${repository}/blob/main/tour/programs/${name}.java).\n`,
  )
}
write(
  'tour/index.md',
  `# Tour\n\nA short program for each pattern, with its output and the Go original. \`./heddle tour\` runs and checks all of them.\n\n` +
    chapters
      .map(
        (chapter) =>
          `## ${chapter.title}\n\n| Program | Shows |\n|---|---|\n` +
          chapter.programs.map(({ name, shows }) => `| [${words(name)}](/tour/${kebab(name)}) | ${sentence(shows)} |`).join('\n'),
      )
      .join('\n\n') +
    '\n',
)

// ---- The first page ----

const readme = convert('README.md')
const section = (heading) => new RegExp(`^## ${heading}\\n([\\s\\S]*?)(?=^## |$(?![\\s\\S]))`, 'm').exec(readme)?.[1] ?? ''
const features = [...readme.matchAll(/^- ([^\n]*(?:\n {2}[^\n]*)*)/gm)].map((m) => m[1].replace(/\s+/g, ' '))
const front = {
  layout: 'home',
  hero: {
    name: 'Heddle',
    text: "Go's concurrency model for Java",
    tagline: 'Goroutines, channels, select, sync and contexts on virtual threads. One module, no dependencies.',
    actions: [
      { theme: 'brand', text: 'The first ten minutes', link: '/start/first-ten-minutes' },
      { theme: 'alt', text: 'Tour', link: '/tour/' },
      { theme: 'alt', text: 'From Go', link: '/start/from-go' },
    ],
  },
}
write(
  'index.md',
  `---\n${JSON.stringify(front)}\n---\n\n<div class="vp-doc first-page">\n\n` +
    features.map((feature) => `- ${feature}`).join('\n') +
    `\n\n## A program\n\n${section('Try it').replace(/^[\s\S]*?(?=```java)/, '')}\n\n## Speed\n\n${section('Speed')}\n\n## Learn it\n\n${section('Learn it')}\n\n</div>\n`,
)

// ---- For the sidebar, and for readers that are programs ----

const items = sections.map(({ name, files }) => ({
  text: name,
  collapsed: false,
  items: files.map((file) => ({ text: title(file), link: '/' + pageOf(file).replace(/(index)?\.md$/, '') })),
}))
items.push({
  text: 'Project',
  items: [
    { text: 'Changelog', link: '/changelog' },
    { text: 'Contributing', link: '/contributing' },
    { text: 'Security', link: '/security' },
  ],
})
const sidebar = {
  '/tour/': chapters.map((chapter) => ({
    text: chapter.title,
    collapsed: false,
    items: chapter.programs.map(({ name }) => ({ text: words(name), link: `/tour/${kebab(name)}` })),
  })),
  '/': items,
}
writeFileSync(join(pages, '..', 'generated.json'), JSON.stringify({ sidebar, repository }, null, 2))

const about = read('README.md').split(/\n\n+/)[1].replace(/\s+/g, ' ')
const lines = sections.map(
  ({ name, files }) => `## ${name}\n\n` + files.map((file) => `- [${title(file)}](/${pageOf(file).replace(/\.md$/, '.html')}): ${summary(file)}`).join('\n'),
)
const tour = '## Tour\n\n' + programs.map(({ name, shows }) => `- [${words(name)}](/tour/${kebab(name)}.html): ${shows}`).join('\n')
mkdirSync(join(pages, 'public'), { recursive: true })
writeFileSync(join(pages, 'public/llms.txt'), `# Heddle\n\n> ${about}\n\nAll of it in one file: [llms-full.txt](/llms-full.txt).\n\n${[...lines, tour].join('\n\n')}\n`)
const full = sections.flatMap(({ files }) => files).filter((file) => !file.startsWith('docs/decisions'))
writeFileSync(
  join(pages, 'public/llms-full.txt'),
  [...full.map(read), ...programs.map(({ name, shows }) => `# Tour: ${words(name)}\n\n${sentence(shows)}.\n\n\`\`\`java\n${read(`tour/programs/${name}.java`)}\`\`\`\n`)].join('\n\n'),
)
for (const file of readdirSync(join(root, 'site/public'))) {
  copyFileSync(join(root, 'site/public', file), join(pages, 'public', file))
}
console.log(`${documents.length} pages of docs, ${programs.length} of the tour in ${relative(process.cwd(), pages)}`)
