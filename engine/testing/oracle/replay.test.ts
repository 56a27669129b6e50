// Every recording of the real kernel, replayed: same network, same probe, same outcome, frame by frame.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Finding, replay, type ReplayedRun } from './replay.ts'
import type { Recording } from './types.ts'

const folder = join(import.meta.dirname, 'recordings')
const names = readdirSync(folder).sort()

const byAbout = (findings: readonly Finding[], side: 'recorded' | 'replayed') =>
  Object.fromEntries(findings.map((finding) => [finding.about, finding[side]]))

describe.each(names)('%s', (name) => {
  const recording = JSON.parse(readFileSync(join(folder, name, 'expect.json'), 'utf8')) as Recording
  let replayed: readonly ReplayedRun[] | undefined

  test.each(['build', ...recording.runs.map((run) => run.name)])('%s', (runName) => {
    replayed ??= replay(recording)
    const findings = replayed.find((run) => run.name === runName)?.findings ?? []
    expect(findings.length).toBeGreaterThan(0)
    expect(byAbout(findings, 'replayed')).toEqual(byAbout(findings, 'recorded'))
  })
})
