import { defineConfig } from 'vitepress'
import { readFileSync } from 'node:fs'

// Written by generate.mjs from docs/ and the tour.
const { sidebar, repository } = JSON.parse(readFileSync(new URL('../generated.json', import.meta.url), 'utf8'))

export default defineConfig({
  title: 'Heddle',
  description: "Go's concurrency model for Java: goroutines, channels, select and contexts on virtual threads",
  lang: 'en',
  srcDir: 'pages',
  outDir: '../site',
  // Any server of files will do, such as the one of the JDK.
  cleanUrls: false,
  lastUpdated: false,
  // A dead link fails the build. The Javadoc and llms.txt are files, not pages.
  ignoreDeadLinks: [/\/javadoc\//, /llms(-full)?\.txt/],
  markdown: {
    theme: { light: 'github-light', dark: 'github-dark' },
    // Headings have the anchors that they have on GitHub, and the tests of the pages check those.
    anchor: { slugify: (text) => text.trim().toLowerCase().replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '').replaceAll(' ', '-') },
    // Pages are Markdown as on GitHub, where {{ means nothing.
    config: (md) => {
      const inline = md.renderer.rules.code_inline
      md.renderer.rules.code_inline = (tokens, index, ...rest) => {
        tokens[index].attrSet('v-pre', '')
        return inline(tokens, index, ...rest)
      }
    },
  },
  head: [
    ['meta', { name: 'theme-color', content: '#0b7285' }],
    ['link', { rel: 'icon', type: 'image/svg+xml', href: '/heddle.svg' }],
  ],
  themeConfig: {
    logo: '/heddle.svg',
    search: { provider: 'local' },
    outline: { level: [2, 3] },
    nav: [
      { text: 'Start', link: '/start/first-ten-minutes', activeMatch: '^/start/' },
      { text: 'Tour', link: '/tour/', activeMatch: '^/tour/' },
      { text: 'Guides', link: '/how-to/time-out', activeMatch: '^/how-to/' },
      { text: 'Reference', link: '/api', activeMatch: '^/(api|reference)' },
      { text: 'Explanation', link: '/explain/cancellation', activeMatch: '^/(explain|correctness|performance|decisions)' },
      { text: 'Javadoc', link: '/javadoc/index.html', target: '_blank' },
    ],
    sidebar,
    socialLinks: [{ icon: 'github', link: repository }],
    docFooter: { prev: 'Previous', next: 'Next' },
    footer: { message: 'Apache License 2.0' },
  },
})
