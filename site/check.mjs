// Checks a built site:   node check.mjs SITE SCREENSHOTS
// All links and anchors of all pages and of llms.txt; and, if Chromium is here, that each page loads without an error in the console,
// and is no wider than a phone; that the search finds something; and screenshots of some pages to look at.
import { createServer } from 'node:http'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, extname, join, posix } from 'node:path'

const [site, screenshots] = process.argv.slice(2)
const problems = []
const files = readdirSync(site, { recursive: true }).filter((file) => statSync(join(site, file)).isFile())
const pages = files.filter((file) => file.endsWith('.html') && !file.startsWith('javadoc/') && file !== '404.html')

const anchors = new Map()
function anchorsOf(file) {
  if (!anchors.has(file)) {
    anchors.set(file, new Set([...readFileSync(join(site, file), 'utf8').matchAll(/ id="([^"]*)"/g)].map((m) => m[1])))
  }
  return anchors.get(file)
}

let links = 0
for (const page of pages) {
  for (const [, target] of readFileSync(join(site, page), 'utf8').matchAll(/ (?:href|src)="([^"]*)"/g)) {
    if (/^[a-z]+:|^\/\//.test(target)) continue
    links++
    const [path, anchor] = decodeURI(target.replaceAll('&amp;', '&')).split('#')
    let file = path === '' ? page : path.startsWith('/') ? path.slice(1) : posix.join(dirname(page), path)
    if (file === '' || file.endsWith('/')) file += 'index.html'
    if (!existsSync(join(site, file))) problems.push(`${page}: there is no ${target}`)
    else if (anchor && file.endsWith('.html') && !anchorsOf(file).has(anchor)) problems.push(`${page}: there is no anchor ${target}`)
  }
}
for (const [, target] of readFileSync(join(site, 'llms.txt'), 'utf8').matchAll(/\]\(([^)\s]+)\)/g)) {
  links++
  if (!target.startsWith('/') || !existsSync(join(site, target))) problems.push(`llms.txt: there is no ${target}`)
}
console.log(`${pages.length} pages, ${links} links and sources of images`)

const chromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)
if (chromium) await inChromium()
else console.log('SKIPPED: the pages in Chromium, which is not here')

async function inChromium() {
  const { launch } = await import('puppeteer-core')
  const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.png': 'image/png', '.woff2': 'font/woff2', '.json': 'application/json', '.txt': 'text/plain' }
  const server = createServer((request, response) => {
    const path = decodeURI(new URL(request.url, 'http://localhost').pathname)
    const file = join(site, path.endsWith('/') ? path + 'index.html' : path)
    if (!existsSync(file)) return response.writeHead(404).end()
    response.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream' }).end(readFileSync(file))
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = `http://127.0.0.1:${server.address().port}/`
  const browser = await launch({ executablePath: chromium, args: ['--no-sandbox', '--disable-gpu'] })
  const page = await browser.newPage()
  let current = ''
  page.on('console', (message) => message.type() === 'error' && problems.push(`${current}: ${message.text()}`))
  page.on('pageerror', (error) => problems.push(`${current}: ${error.message}`))
  page.on('requestfailed', (request) => request.failure()?.errorText !== 'net::ERR_ABORTED' && problems.push(`${current}: ${request.url()} failed`))
  const shots = ['index.html', 'start/from-go.html', 'tour/selects.html', 'tour/index.html', 'api.html', 'benchmark.html']
  mkdirSync(screenshots, { recursive: true })

  await page.setViewport({ width: 390, height: 844, deviceScaleFactor: 1, isMobile: true, hasTouch: true })
  for (current of pages) {
    await page.goto(address + current, { waitUntil: 'load' })
    const [width, widest] = await page.evaluate(() => [
      document.documentElement.scrollWidth,
      [...document.querySelectorAll('.vp-doc *')].filter((e) => e.getBoundingClientRect().right > 391 && !e.closest('table, pre, .VPSidebar')).map((e) => e.outerHTML.slice(0, 80))[0],
    ])
    if (width > 391) problems.push(`${current}: ${width} pixels wide on a phone of 390: ${widest ?? ''}`)
    if (shots.includes(current)) await page.screenshot({ path: join(screenshots, current.replaceAll('/', '-').replace('.html', '-phone.png')) })
  }
  await page.setViewport({ width: 1440, height: 900 })
  for (const scheme of ['light', 'dark']) {
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }])
    for (current of shots) {
      await page.goto(address + current, { waitUntil: 'networkidle0' })
      await page.screenshot({ path: join(screenshots, current.replaceAll('/', '-').replace('.html', `-${scheme}.png`)) })
    }
  }
  current = 'search'
  await page.goto(address, { waitUntil: 'networkidle0' })
  await page.click('.DocSearch-Button, .VPNavBarSearch button')
  await page.waitForSelector('.search-input')
  await page.type('.search-input', 'deadlock')
  const found = await page.waitForSelector('.result', { timeout: 10_000 }).catch(() => null)
  if (!found) problems.push('the search for "deadlock" finds nothing')
  await page.screenshot({ path: join(screenshots, 'search-dark.png') })
  await browser.close()
  server.close()
  console.log(`${pages.length} pages in Chromium, screenshots in ${screenshots}`)
}

for (const problem of problems) console.log(`  ${problem}`)
console.log(problems.length === 0 ? 'SITE PASSED' : `SITE FAILED: ${problems.length} problems`)
process.exit(problems.length === 0 ? 0 : 1)
