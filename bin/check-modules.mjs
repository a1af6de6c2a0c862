// Checks Gradle's module metadata of published artefacts, as far as that is possible without Gradle: the form, the files
// and their sums, the dependencies, which must be those of the POM, and that a build's io.heddle dependencies resolve.
//
//   node bin/check-modules.mjs REPOSITORY BUILD.gradle.kts
//
// Prints each problem, and exits with status 1 if there is any.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

const [repository, build] = process.argv.slice(2)
const group = 'io.heddle'
const folder = join(repository, ...group.split('.'))
const problems = []
const names = readdirSync(folder)
  .filter((name) => statSync(join(folder, name)).isDirectory())
  .sort()

// A POM as published has no parent, and no property but its own version, so these patterns suffice.
const element = (xml, name) => xml.match(new RegExp(`<${name}>\\s*([^<]*?)\\s*</${name}>`))?.[1]

function dependencies(xml) {
  return [...xml.matchAll(/<dependency>([\s\S]*?)<\/dependency>/g)].map(([, text]) => ({
    id: `${element(text, 'groupId')}:${element(text, 'artifactId')}`,
    version: element(text, 'version'),
    scope: element(text, 'scope') ?? 'compile',
    isOptional: element(text, 'optional') === 'true',
  }))
}

const same = (a, b) => JSON.stringify([...a].sort()) === JSON.stringify([...b].sort())

const modules = new Map()
let bom = []
for (const name of names) {
  const versions = readdirSync(join(folder, name)).filter((version) => statSync(join(folder, name, version)).isDirectory())
  for (const version of versions) {
    const base = join(folder, name, version, `${name}-${version}`)
    const complain = (text) => problems.push(`${name} ${version}: ${text}`)
    const pom = readFileSync(`${base}.pom`, 'utf8').replaceAll('${project.version}', version)
    if (element(pom, 'packaging') === 'pom') {
      bom = dependencies(pom)
      continue
    }
    if (!existsSync(`${base}.module`)) {
      complain('has no .module')
      continue
    }
    if (!pom.includes('do_not_remove: published-with-gradle-metadata')) complain('its POM does not refer to the .module')
    const metadata = JSON.parse(readFileSync(`${base}.module`, 'utf8'))
    modules.set(`${group}:${name}`, metadata)
    if (metadata.formatVersion !== '1.1') complain(`has format ${metadata.formatVersion} instead of 1.1`)
    const { component } = metadata
    if (component.group !== group || component.module !== name || component.version !== version) {
      complain(`is of ${component.group}:${component.module}:${component.version}`)
    }
    const usages = { apiElements: ['java-api', ['compile']], runtimeElements: ['java-runtime', ['compile', 'runtime']] }
    if (!same(metadata.variants.map((variant) => variant.name), Object.keys(usages))) complain('lacks a variant, or has another one')
    for (const variant of metadata.variants) {
      const [usage, scopes] = usages[variant.name] ?? []
      const expected = {
        'org.gradle.category': 'library',
        'org.gradle.dependency.bundling': 'external',
        'org.gradle.libraryelements': 'jar',
        'org.gradle.usage': usage,
      }
      for (const [attribute, value] of Object.entries(expected)) {
        if (variant.attributes[attribute] !== value) complain(`${variant.name} has ${attribute}=${variant.attributes[attribute]}`)
      }
      const isPlatform = (one) => one.attributes?.['org.gradle.category'] === 'platform'
      const text = (one) => `${one.group}:${one.module}:${one.version.requires}`
      const wanted = dependencies(pom.replace(/<dependencyManagement>[\s\S]*<\/dependencyManagement>/, ''))
        .filter((one) => scopes?.includes(one.scope) && !one.isOptional)
        .map((one) => `${one.id}:${one.version}`)
      const found = variant.dependencies.filter((one) => !isPlatform(one)).map(text)
      if (!same(found, wanted)) complain(`${variant.name} depends on ${found.join(', ')}, and the POM on ${wanted.join(', ')}`)
      const platforms = variant.dependencies.filter(isPlatform).map(text)
      if (!same(platforms, [`${group}:heddle-bom:${version}`])) complain(`${variant.name} has the platforms ${platforms.join(', ')}`)
      if (variant.files.length !== 1) complain(`${variant.name} has ${variant.files.length} files`)
      for (const file of variant.files) {
        const path = join(folder, name, version, file.url)
        if (!existsSync(path)) {
          complain(`${variant.name} names ${file.url}, which does not exist`)
          continue
        }
        const bytes = readFileSync(path)
        if (bytes.length !== file.size) complain(`${file.url} has ${bytes.length} bytes instead of ${file.size}`)
        for (const sum of ['sha512', 'sha256', 'sha1', 'md5']) {
          if (createHash(sum).update(bytes).digest('hex') !== file[sum]) complain(`${file.url} has another ${sum}`)
        }
      }
    }
  }
}
if (!same(bom.map((one) => one.id), modules.keys())) problems.push('heddle-bom does not list exactly the published modules')

// What the build asks for, and everything of ours that this depends on.
const script = readFileSync(build, 'utf8')
const asked = [...script.matchAll(/"(io\.heddle:[\w-]+)(?::([\w.-]+))?"/g)].map(([, id, version]) => ({ id, version }))
const platform = asked.find((one) => one.id === `${group}:heddle-bom`)
if (!platform) problems.push(`${build} does not use heddle-bom`)
const resolved = new Set()
const resolve = (id, version) => {
  const wanted = version ?? bom.find((one) => one.id === id)?.version
  const metadata = modules.get(id)
  if (metadata?.component.version !== wanted) {
    problems.push(`${id}:${wanted ?? '?'} cannot be resolved`)
  } else if (!resolved.has(id)) {
    resolved.add(id)
    for (const variant of metadata.variants) {
      for (const one of variant.dependencies) {
        if (one.group === group && one.module !== 'heddle-bom') resolve(`${one.group}:${one.module}`, one.version.requires)
      }
    }
  }
}
asked.filter((one) => one !== platform).forEach((one) => resolve(one.id, one.version))
if (resolved.size === 0) problems.push(`${build} uses no module of Heddle`)

problems.forEach((problem) => console.error(problem))
if (problems.length > 0) process.exit(1)
console.log(`${modules.size} modules; ${build} resolves ${[...resolved].join(', ')}`)
