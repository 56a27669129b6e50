// Collects the `// Simplified:` comments of the engine into engine/MODEL.md, grouped by folder.
// `node scripts/simplified.mjs` writes it; with --check it only says whether the file is up to date.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
const MODEL = 'engine/MODEL.md'
const TAG = /(?:\/\/|\/?\*+)\s*Simplified:\s*(.*)$/
const LINE_COMMENT = /^\s*\/\/\s?(.*)$/
const BLOCK_LINE = /^\s*\*(?!\/)\s?(.*)$/
/** A line that begins a remark of its own ends the one before. */
const OTHER_TAG = /^(Simplified|Models|TODO|Note|See)\b|^@/

const model = render(collect())
if (!process.argv.includes('--check')) {
  writeFileSync(join(ROOT, MODEL), model)
} else if (!existsSync(join(ROOT, MODEL)) || readFileSync(join(ROOT, MODEL), 'utf8') !== model) {
  console.error(`${MODEL} is not what the comments say: run \`npm run simplified\` and commit it.`)
  process.exit(1)
}

/** @returns {{file: string, text: string}[]} in path order, then line order. */
function collect() {
  return sources('engine').flatMap((file) =>
    remarksOf(readFileSync(join(ROOT, file), 'utf8')).map((text) => ({ file, text })),
  )
}

function sources(folder) {
  if (!existsSync(join(ROOT, folder))) return []
  return readdirSync(join(ROOT, folder), { recursive: true })
    .map((name) => posix.join(folder, name.replaceAll('\\', '/')))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .sort()
}

function remarksOf(source) {
  const lines = source.split(/\r?\n/)
  const remarks = []
  for (let i = 0; i < lines.length; i++) {
    const tag = TAG.exec(lines[i])
    if (!tag) continue
    const continuation = lines[i].includes('//') ? LINE_COMMENT : BLOCK_LINE
    const parts = [tag[1]]
    for (let next = lines[i + 1]; !lines[i].includes('*/'); next = lines[i + 1]) {
      const more = continuation.exec(next ?? '')?.[1].trim()
      if (!more || OTHER_TAG.test(more)) break
      parts.push(more)
      i++
    }
    remarks.push(
      parts
        .join(' ')
        .replace(/\s*\*\/\s*$/, '')
        .replace(/\s+/g, ' ')
        .trim(),
    )
  }
  return remarks
}

function render(found) {
  const lines = [
    '# What the model leaves out or simplifies',
    '',
    'Made from the `// Simplified:` comments beside the code by `npm run simplified`; do not edit by hand.',
  ]
  for (const folder of [...new Set(found.map(({ file }) => posix.dirname(file)))].sort()) {
    lines.push('', `## ${folder}`, '')
    for (const { file, text } of found.filter((remark) => posix.dirname(remark.file) === folder)) {
      lines.push(`- [${posix.basename(file)}](${posix.relative('engine', file)}): ${text}`)
    }
  }
  return `${lines.join('\n')}\n`
}
