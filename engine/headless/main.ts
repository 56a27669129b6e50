import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { answerLine } from './answer.ts'
import { runFiles } from './files.ts'

/** The engine on standard input and output: JSON lines, or files as arguments. The only file of the engine that knows Node. */
const args = process.argv.slice(2)

if (args.length > 0) {
  const outcome = runFiles(args, (path) => readFileSync(path, 'utf8'))
  process.stdout.write(outcome.text)
  process.stderr.write(outcome.stderr)
  process.exitCode = outcome.exitCode
} else {
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === '') continue
    const started = performance.now()
    const answer = answerLine(line)
    process.stdout.write(
      `${JSON.stringify('error' in answer ? answer : { ...answer, wallMs: Math.round((performance.now() - started) * 10) / 10 })}\n`,
    )
  }
}
